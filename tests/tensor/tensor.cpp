// SPDX-License-Identifier: BSL-1.0
#include <tessera/op/op.hpp>
#include <tessera/tensor/tensor.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace ts = tessera;
using ts::dim, ts::dyn, ts::shape, ts::tensor;

namespace {

template <class Expected, class X>
constexpr bool is = std::same_as<Expected, std::remove_cvref_t<X>>;

using numbers = std::vector<double>;

template <class X>
numbers list(const X& x) {
  return {x.begin(), x.end()};
}

const std::vector<float> six{1, 2, 3, 4, 5, 6};

tensor<float, shape<dyn, dyn>> matrix(ts::extent rows, ts::extent columns) {
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  std::iota(values.begin(), values.end(), 0.f);
  return {shape<dyn, dyn>{rows, columns}, std::span<const float>(values)};
}

}  // namespace

TEST_SUITE("tensor/tensor") {
  TEST_CASE("braces: shape and element type are deduced, ranks 1 to 4") {
    const tensor a{1.f, 2.f, 3.f};
    CHECK(is<tensor<float, shape<3>>, decltype(a)>);
    CHECK(list(a) == numbers{1, 2, 3});
    const tensor b{{1, 2, 3}, {4, 5, 6}};
    CHECK(is<tensor<int, shape<2, 3>>, decltype(b)>);
    CHECK(list(b) == numbers{1, 2, 3, 4, 5, 6});
    const tensor c{{{1., 2.}, {3., 4.}, {5., 6.}}};
    CHECK(is<tensor<double, shape<1, 3, 2>>, decltype(c)>);
    CHECK(list(c) == numbers{1, 2, 3, 4, 5, 6});
    const tensor d{{{{true, false}}, {{false, true}}}, {{{true, true}}, {{false, false}}}};
    CHECK(is<tensor<bool, shape<2, 2, 1, 2>>, decltype(d)>);
    CHECK(list(d) == numbers{1, 0, 0, 1, 1, 1, 0, 0});
  }

  TEST_CASE("braces: a named type converts numbers of any type") {
    const tensor<float, shape<3>> a{1, 2.5, std::uint8_t{3}};
    CHECK(list(a) == numbers{1, 2.5, 3});
    const tensor<double, shape<2, 2>> b{{1, 2}, {3, 4}};
    CHECK(list(b) == numbers{1, 2, 3, 4});
    const tensor<std::int64_t, shape<1, 2, 2>> c{{{1, 2}, {3, 4}}};
    CHECK(list(c) == numbers{1, 2, 3, 4});
    const tensor<double, shape<1, 1, 2, 2>> d{{{{1.f, 2.f}, {3.f, 4.f}}}};
    CHECK(list(d) == numbers{1, 2, 3, 4});
    const tensor<float, shape<>> e = 2.5f;
    CHECK(e.item() == 2.5f);
    CHECK_FALSE(std::is_constructible_v<tensor<float, shape<3>>, float, float>);
    CHECK_FALSE(std::is_constructible_v<tensor<float, shape<dyn>>, float, float>);
  }

  TEST_CASE("constructors: zeros, one value, values in row-major order") {
    CHECK(list(tensor<float, shape<2, 2>>()) == numbers(4, 0));
    CHECK(list(tensor<float, shape<>>()) == numbers{0});
    CHECK(list(tensor(shape<2, dyn>{3}, 1.5)) == numbers(6, 1.5));
    const tensor<float, shape<dyn, 3>> a(shape<dyn, 3>{2}, six);
    CHECK(list(a) == numbers{1, 2, 3, 4, 5, 6});
    CHECK(a(1, 0) == 4);
    CHECK_THROWS_WITH_AS((tensor<float, shape<2, 2>>(shape<2, 2>{}, six)), "tessera::tensor: 6 values do not fill shape [2, 2]", ts::shape_error);
    CHECK_FALSE(std::is_default_constructible_v<tensor<float, shape<dyn>>>);
  }

  TEST_CASE("shape, size, rank") {
    const tensor<float, shape<dyn, 3>> a(shape<dyn, 3>{2}, 0);
    CHECK(a.rank == 2);
    CHECK(a.shape() == shape<dyn, 3>{2});
    CHECK(a.shape().values() == ts::extents{2, 3});
    CHECK(a.size() == 6);
    CHECK(a.size(0) == 2);
    CHECK(a.size(-1) == 3);
    CHECK(a.device() == ts::device::cpu());
  }

  TEST_CASE("storage: on a cache line, also when shared or empty") {
    for (const ts::extent n : {0, 1, 3, 1000}) {
      const tensor<float, shape<dyn>> a(shape<dyn>{n}, 1);
      CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    }
  }

  TEST_CASE("empty tensors: no elements, any shape") {
    tensor<float, shape<dyn, 3>> a(shape<dyn, 3>{0}, 1);
    CHECK(a.size() == 0);
    CHECK(a.begin() == a.end());
    CHECK(a.span().empty());
    const tensor<float, shape<0>> b;
    CHECK(b.size() == 0);
    CHECK(tensor<float, shape<dyn>>(shape<dyn>{0}, std::span<const float>()).size() == 0);
    a = a * 2 + 1;
    CHECK(a.size(0) == 0);
    const tensor t = ts::transpose(a);
    CHECK(t.shape().values() == ts::extents{3, 0});
    CHECK_THROWS_AS(static_cast<void>(a.item()), ts::shape_error);
    CHECK_THROWS_AS(static_cast<void>(a.at(0, 0)), ts::index_error);
  }

  TEST_CASE("item: the only element, whatever the rank") {
    CHECK(tensor<int, shape<1, 1>>{{7}}.item() == 7);
    const tensor a{1.f, 2.f};
    CHECK_THROWS_WITH_AS(static_cast<void>(a.item()), "tessera::item: a tensor of shape [2] has no single element", ts::shape_error);
  }

  TEST_CASE("elements: read and written by index") {
    tensor a{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
    CHECK(std::as_const(a)(1, 2) == 6);
    CHECK(a(0, 1) == 2);
    CHECK(a.at(-1, -3) == 4);
    a(0, 1) = 20;
    a.at(1, -1) = a(0, 0);
    a(0, 0) += 1;
    a(0, 2) -= 1;
    a(1, 0) *= 2;
    a(1, 1) /= 2;
    CHECK(list(a) == numbers{2, 20, 2, 8, 2.5, 1});
    tensor<int, shape<>> s = 3;
    s() = 4;
    CHECK(s() == 4);
    CHECK((tensor{1, 2, 3}(1)) == 2);
  }

  TEST_CASE("at: an index outside the shape names the axis") {
    tensor a{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
    CHECK_THROWS_WITH_AS(static_cast<void>(std::as_const(a).at(0, 3)), "tessera::at: index 3 is out of range for axis 1 of shape [2, 3]", ts::index_error);
    CHECK_THROWS_AS(a.at(-3, 0) = 1, ts::index_error);
    CHECK_THROWS_AS(a.at(2, 0) = 1, ts::index_error);
    CHECK(list(a) == numbers{1, 2, 3, 4, 5, 6});
  }

  TEST_CASE("iteration: row-major") {
    numbers seen;
    for (const float x : tensor{{1.f, 2.f}, {3.f, 4.f}}) seen.push_back(x);
    CHECK(seen == numbers{1, 2, 3, 4});
  }

  TEST_CASE("copies: each keeps its value, and only the one that writes moves") {
    tensor a{1.f, 2.f, 3.f};
    const float* place = a.data();
    tensor b = a;
    CHECK(b.data() == place);
    b(0) = 10;
    CHECK(list(a) == numbers{1, 2, 3});
    CHECK(list(b) == numbers{10, 2, 3});
    CHECK(a.data() == place);
    CHECK(b.data() != place);
    tensor c{0.f, 0.f, 0.f};
    c = b;
    b = b * 2;
    CHECK(list(c) == numbers{10, 2, 3});
    CHECK(list(b) == numbers{20, 4, 6});
    b = *&b;
    CHECK(list(b) == numbers{20, 4, 6});
  }

  TEST_CASE("moves: the block goes along") {
    tensor a{1.f, 2.f, 3.f};
    const float* place = a.data();
    tensor b = std::move(a);
    CHECK(b.data() == place);
    b(1) = 5;
    CHECK(b.data() == place);
    CHECK(list(b) == numbers{1, 5, 3});
    a = b + 1;
    CHECK(list(a) == numbers{2, 6, 4});
  }

  TEST_CASE("writing: a tensor that nobody shares stays where it is") {
    tensor a{1.f, 2.f, 3.f};
    const float* place = a.data();
    a = a * 2 + 1;
    a += 1;
    a(0) = 7;
    a.mutable_data()[1] = 8;
    CHECK(a.data() == place);
    CHECK(list(a) == numbers{7, 8, 8});
    {
      const tensor kept = a;
      a += 1;
      CHECK(list(kept) == numbers{7, 8, 8});
      CHECK(kept.data() == place);
    }
    CHECK(list(a) == numbers{8, 9, 9});
    CHECK(a.data() != place);
  }

  TEST_CASE("expressions: hold the values they were built from") {
    tensor a{1.f, 2.f, 3.f};
    const auto e = a * 2;
    const auto end = ts::slice(std::as_const(a), ts::range<1, 3>);
    a(1) = 100;
    a = a + 1;
    CHECK(list(tensor(e)) == numbers{2, 4, 6});
    CHECK(list(tensor(end)) == numbers{2, 3});
    CHECK(list(a) == numbers{2, 101, 4});
  }

  TEST_CASE("mutable_span: writes through, and whoever captures the tensor afterwards copies it") {
    tensor a{1.f, 2.f, 3.f};
    const tensor before = a;
    const std::span<float> span = a.mutable_span();
    CHECK(list(before) == numbers{1, 2, 3});
    span[0] = 10;
    CHECK(a(0) == 10);
    CHECK(before(0) == 1);
    const tensor after = a;
    const auto e = a + 0;
    span[0] = 20;
    CHECK(a(0) == 20);
    CHECK(after(0) == 10);
    CHECK(tensor(e)(0) == 10);
    a += 1;
    CHECK(a.data() == span.data());
    CHECK(span[0] == 21);
  }

  TEST_CASE("assignment: an expression that reads its target") {
    tensor a{{1.f, 2.f}, {3.f, 4.f}};
    a = ts::transpose(a);
    CHECK(list(a) == numbers{1, 3, 2, 4});
    a = a + ts::transpose(a);
    CHECK(list(a) == numbers{2, 5, 5, 8});
    a = a + a * a;
    CHECK(list(a) == numbers{6, 30, 30, 72});
    a = a - ts::slice(a, 0);
    CHECK(list(a) == numbers{0, 0, 24, 42});
    a = ts::matmul(a, a);
    CHECK(list(a) == numbers{0, 0, 1008, 1764});
    tensor<float, shape<dyn, dyn>> b = matrix(2, 3);
    b = ts::transpose(b);
    CHECK(b.shape() == shape<dyn, dyn>{3, 2});
    CHECK(list(b) == numbers{0, 3, 1, 4, 2, 5});
  }

  TEST_CASE("assignment: run-time shapes follow the expression") {
    tensor<float, shape<dyn, dyn>> a = matrix(2, 3);
    a = matrix(4, 1);
    CHECK(a.shape() == shape<dyn, dyn>{4, 1});
    a = matrix(3, 2) * 2;
    CHECK(list(a) == numbers{0, 2, 4, 6, 8, 10});
    const tensor<float, shape<2, 2>> fixed{{1, 2}, {3, 4}};
    a = fixed;
    CHECK(list(a) == numbers{1, 2, 3, 4});
    const tensor<float, shape<dyn, 2>> half = a;
    CHECK(half.size(0) == 2);
  }

  TEST_CASE("assignment: a shape that does not fit is an error and loses nothing") {
    tensor<float, shape<dyn, 3>> a(shape<dyn, 3>{2}, six);
    CHECK_THROWS_AS(a = matrix(2, 2), ts::shape_error);
    CHECK_THROWS_AS(a = matrix(3, 2) + 1, ts::shape_error);
    CHECK(list(a) == numbers{1, 2, 3, 4, 5, 6});
    CHECK_THROWS_AS((tensor<float, shape<2, 2>>(matrix(2, 3))), ts::shape_error);
    CHECK_THROWS_AS(static_cast<void>(matrix(2, 3) + matrix(2, 2)), ts::shape_error);
    CHECK_THROWS_AS(static_cast<void>(matrix(2, 3) + matrix(1, 3)), ts::shape_error);
    CHECK_THROWS_AS(static_cast<void>(ts::matmul(matrix(2, 3), matrix(2, 3))), ts::shape_error);
  }

  TEST_CASE("named extents: one name, one size") {
    using batch = shape<dim<'B'>, 3>;
    const tensor<float, batch> a(batch{2}, six);
    const tensor<float, batch> b = a + a;
    CHECK(list(b) == numbers{2, 4, 6, 8, 10, 12});
    CHECK(is<batch, decltype((a * b).shape())>);
    CHECK_THROWS_AS(static_cast<void>(tensor<float, batch>(batch{1}, 0) + a), ts::shape_error);
    CHECK_THROWS_AS((tensor<float, shape<dim<'N'>, dim<'N'>>>(matrix(2, 3))), ts::shape_error);
  }

  TEST_CASE("element types: all six hold and give back their extreme values") {
    const auto check = []<class T>(T low, T high) {
      const tensor<T, shape<2>> a{low, high};
      CHECK(a(0) == low);
      CHECK(a(1) == high);
      CHECK(a.span().size_bytes() == 2 * sizeof(T));
    };
    check(std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max());
    check(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
    check(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
    check(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    check(std::uint8_t{0}, std::uint8_t{255});
    check(false, true);
  }
}
