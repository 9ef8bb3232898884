// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>
#include <tessera/autograd/functional.hpp>
#include <tessera/tensor/closeness.hpp>
#include <tessera/tensor/create.hpp>

namespace tessera::tests {

TEST_CASE("argmax, argmin and the indices of max and min are PyTorch's") {
  const golden_file golden("searches.txt");
  searches([&](const auto& op) {
    std::apply(
        [&](auto... shapes) {
          const std::string title = title_of(op.torch, {shapes.values()...});
          const tensor y = op.call(operand_of<float>(shapes, input_number)...);
          static_assert(std::same_as<typename decltype(y)::element, std::int64_t>);
          check_numbers(title, numbers(y), golden.at(title, "value"), 0);
          const tensor wide = op.call(operand_of<double>(shapes, input_number)...);
          check_numbers(title, numbers(wide), golden.at(title, "value"), 0);
        },
        op.shapes);
  });
}

TEST_CASE("argmax: the first of equals, the first NaN") {
  CHECK(argmax(tensor<float, shape<4>>{1.f, 3.f, 3.f, 2.f}).item() == 1);
  CHECK(argmin(tensor<float, shape<4>>{3.f, 1.f, 3.f, 1.f}).item() == 1);
  const float nan32 = std::numeric_limits<float>::quiet_NaN();
  CHECK(argmax(tensor<float, shape<4>>{1.f, nan32, 3.f, nan32}).item() == 1);
  CHECK(argmin(tensor<float, shape<4>>{1.f, nan32, -3.f, nan32}).item() == 1);
  CHECK(max(tensor<float, shape<2, 2>>{{1.f, nan32}, {2.f, 5.f}}, axis<1>).indices.data()[0] == 1);
}

TEST_CASE("argmax and argmin: along an axis in the middle what they are along the last") {
  const float nan32 = std::numeric_limits<float>::quiet_NaN();
  tensor<float, shape<dyn, dyn, dyn>> x(shape<dyn, dyn, dyn>{3, 37, 150}, 0.f);
  float* to = x.mutable_data();
  for (extent i = 0; i < x.size(); ++i) to[i] = i % 4999 == 7 ? nan32 : static_cast<float>(i * 7919 % 23);  // many are equal
  const tensor turned = permute(x, axes<0, 2, 1>);
  const auto equal = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  CHECK(equal(tensor(argmax(x, axis<1>)), tensor(argmax(turned, axis<2>))));
  CHECK(equal(tensor(argmin(x, axis<1>)), tensor(argmin(turned, axis<2>))));
}

TEST_CASE("max: the gradient goes to the NaN that is the result") {
  const float nan32 = std::numeric_limits<float>::quiet_NaN();
  variable x(tensor<float, shape<4>>{1.f, nan32, 3.f, nan32});
  max(x).backward();
  CHECK(equal(x.grad(), tensor<float, shape<4>>{0.f, 0.5f, 0.f, 0.5f}));
  const auto g = grad([](const auto& y) { return max(y); })(array<float, shape<3>>{1.f, nan32, 3.f});
  CHECK((g(0) == 0 && g(1) == 1 && g(2) == 0));
}

TEST_CASE("allclose and equal") {
  const double infinity = std::numeric_limits<double>::infinity(), nan64 = std::numeric_limits<double>::quiet_NaN();
  const tensor<double, shape<3>> a{1.0, 2.0, infinity}, b{1.0 + 0.9e-5, 2.0, infinity};
  CHECK(allclose(a, b));
  CHECK(!allclose(a, b, {.rtol = 1e-6}));
  CHECK(!allclose(a, tensor<double, shape<3>>{1.0, 2.0, -infinity}));
  CHECK(!allclose(tensor<double, shape<2>>{1.0, 2.0}, tensor<double, shape<2>>{1.0, infinity}));
  const tensor<double, shape<2>> n{nan64, 1.0};
  CHECK(!allclose(n, n));
  CHECK(allclose(n, n, {.equal_nan = true}));
  CHECK(allclose(ones(shape<2, 3>{}), tensor<float, shape<3>>{1.f, 1.f, 1.f}));
  CHECK(equal(a, a));
  CHECK(!equal(a, b));
  CHECK(!equal(n, n));
  CHECK(equal(transpose(tensor<int, shape<2, 1>>{{1}, {2}}), tensor<int, shape<1, 2>>{{1, 2}}));
  CHECK(!equal(tensor<int, shape<1, 2>>{{1, 2}}, tensor<int, shape<2>>{1, 2}));
  variable x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  CHECK(allclose(x * 2.0, x + x));
  const tensor<double, shape<dyn>> three(shape<dyn>{3}, 1.0), four(shape<dyn>{4}, 1.0);
  CHECK_THROWS_WITH_AS(static_cast<void>(allclose(three, four)), "tessera::allclose: shapes [3] and [4] do not broadcast", shape_error);
}

TEST_CASE_TEMPLATE("argmax and argmin of rows of every length, with equals and NaN", T, float, double, std::int32_t, std::int64_t, std::uint8_t) {
  const auto place = [](const std::vector<T>& row, bool largest) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < row.size() && row[at] == row[at]; ++i)
      if (row[i] != row[i] || (largest ? row[i] > row[at] : row[i] < row[at])) at = i;
    return static_cast<std::int64_t>(at);
  };
  for (extent n = 1; n < 150; ++n)
    for (int kind = 0; kind < 4; ++kind) {
      std::vector<T> row(static_cast<std::size_t>(n));
      for (extent i = 0; i < n; ++i) row[static_cast<std::size_t>(i)] = static_cast<T>(50 + (i * i * 31 + n) % (kind == 0 ? 97 : 5));
      if (kind == 2) row.back() = T(200), row.front() = T(1);
      if (kind == 3 && std::numeric_limits<T>::has_quiet_NaN) row[static_cast<std::size_t>(n * 2 / 3)] = std::numeric_limits<T>::quiet_NaN();
      const tensor<T, shape<1, dyn>> x(shape<1, dyn>{n}, row);
      CHECK(argmax(x, axis<1>)(0) == place(row, true));
      CHECK(argmin(x, axis<1>)(0) == place(row, false));
    }
}

TEST_CASE("max and argmax of nothing name the operation and the shape") {
  const tensor<float, shape<dyn, dyn>> empty(shape<dyn, dyn>{3, 0}, 0.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(max(empty)), doctest::Contains("tessera::max"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(min(empty, axis<1>)), doctest::Contains("axis 1"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(argmin(empty)), doctest::Contains("no elements"), shape_error);
  // Along the other axis there are rows, but none of them has to choose.
  CHECK(max(empty, axis<0>).values.size() == 0);
}

}  // namespace tessera::tests
