// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>
#include <tessera/tensor/create.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <thread>
#include <vector>

namespace ts = tessera;
using ts::dyn, ts::shape, ts::tensor;

namespace {

template <class Expected, class X>
constexpr bool is = std::same_as<Expected, std::remove_cvref_t<X>>;

template <class X>
std::vector<double> list(const X& x) {
  return {x.begin(), x.end()};
}

using numbers = std::vector<double>;

template <class X>
void check_near(const X& x, std::initializer_list<double> expected, double tolerance) {
  REQUIRE(x.size() == static_cast<ts::extent>(expected.size()));
  const double* want = expected.begin();
  for (const auto value : x) CHECK(static_cast<double>(value) == doctest::Approx(*want++).epsilon(tolerance));
}

template <class T>
constexpr bool ragged_rows_compile = requires { ts::as<T>({{1, 2}, {3}}); };
template <class T>
constexpr bool equal_rows_compile = requires { ts::as<T>({{1, 2}, {3, 4}}); };
template <class T>
constexpr bool large_numbers_compile = requires { ts::as<T>({255, 256}); };

}  // namespace

TEST_SUITE("tensor/create") {
  TEST_CASE("zeros, ones: float unless said, in the given shape") {
    const auto z = ts::zeros(shape<2, 3>{});
    CHECK(is<tensor<float, shape<2, 3>>, decltype(z)>);
    CHECK(list(z) == numbers(6, 0));
    const auto o = ts::ones<double>(shape<dyn, 4>{3});
    CHECK(is<tensor<double, shape<dyn, 4>>, decltype(o)>);
    CHECK(o.size(0) == 3);
    CHECK(list(o) == numbers(12, 1));
    CHECK(list(ts::ones<bool, shape<2, 2>>()) == numbers(4, 1));
    CHECK(ts::zeros<int>(shape<>{}).item() == 0);
    CHECK(ts::zeros(shape<0, 3>{}).size() == 0);
    CHECK_THROWS_AS(static_cast<void>(ts::zeros(shape<dyn>{-1})), ts::shape_error);
  }

  TEST_CASE("zeros: a size that no memory holds is refused, not wrapped around") {
    constexpr ts::extent large = ts::extent{1} << 40;
    CHECK_THROWS_AS(static_cast<void>(ts::zeros(shape<dyn, dyn>{large, large})), std::bad_alloc);
    CHECK_THROWS_AS(static_cast<void>(ts::zeros<double>(shape<dyn>{ts::extent{1} << 61})), std::bad_alloc);
    CHECK_THROWS_AS(static_cast<void>(ts::zeros<double>(shape<dyn>{std::numeric_limits<ts::extent>::max()})), std::bad_alloc);
    CHECK(ts::zeros(shape<dyn, dyn, dyn>{large, large, 0}).size() == 0);
  }

  TEST_CASE("full: the element type is that of the value unless said") {
    const auto a = ts::full(shape<2>{}, 3);
    CHECK(is<tensor<int, shape<2>>, decltype(a)>);
    CHECK(list(a) == numbers{3, 3});
    CHECK(is<tensor<double, shape<2>>, decltype(ts::full(shape<2>{}, 0.5))>);
    CHECK(is<tensor<bool, shape<2>>, decltype(ts::full(shape<2>{}, true))>);
    const auto f = ts::full<float>(shape<dyn>{3}, 0.1);
    CHECK(is<tensor<float, shape<dyn>>, decltype(f)>);
    CHECK(f(2) == 0.1f);
  }

  TEST_CASE("full: a value that the element type does not hold is an error") {
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::full<std::uint8_t>(shape<1>{}, -1)), "tessera::full: -1 does not fit in uint8", ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<std::uint8_t>(shape<1>{}, 256)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<std::int32_t>(shape<1>{}, 2147483648.0)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<std::int64_t>(shape<1>{}, 0x1p63)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<std::int64_t>(shape<1>{}, std::numeric_limits<std::uint64_t>::max())), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<std::int32_t>(shape<1>{}, std::numeric_limits<double>::quiet_NaN())), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::full<float>(shape<1>{}, 1e300)), ts::value_error);
    CHECK(ts::full<std::int32_t>(shape<1>{}, -2147483648.9).item() == std::numeric_limits<std::int32_t>::min());
    CHECK(ts::full<std::int64_t>(shape<1>{}, -0x1p63).item() == std::numeric_limits<std::int64_t>::min());
    CHECK(ts::full<std::uint8_t>(shape<1>{}, 255.5).item() == 255);
    CHECK(ts::full<float>(shape<1>{}, std::numeric_limits<double>::infinity()).item() == std::numeric_limits<float>::infinity());
    CHECK(ts::full<bool>(shape<1>{}, 2).item());
  }

  TEST_CASE("empty: may be written") {
    auto x = ts::empty<int>(shape<3>{});
    std::fill_n(x.mutable_data(), 3, 7);
    CHECK(list(x) == numbers{7, 7, 7});
    CHECK(ts::empty<double, shape<2, 2>>().size() == 4);
  }

  TEST_CASE("the likes: shape and element type of any operand, and no gradient") {
    const tensor a{{1.0, 2.0}, {3.0, 4.0}};
    CHECK(is<tensor<double, shape<2, 2>>, decltype(ts::zeros_like(a))>);
    CHECK(list(ts::zeros_like(a)) == numbers(4, 0));
    CHECK(list(ts::ones_like<int>(a)) == numbers(4, 1));
    CHECK(is<tensor<int, shape<2, 2>>, decltype(ts::ones_like<int>(a))>);
    CHECK(is<tensor<bool, shape<2, 2>>, decltype(ts::zeros_like(a < 2.0))>);
    CHECK(list(ts::full_like(ts::cast<int>(a), 7.5)) == numbers(4, 7));
    CHECK_THROWS_AS(static_cast<void>(ts::full_like(ts::cast<std::uint8_t>(a), 256)), ts::value_error);
    CHECK(ts::empty_like(ts::transpose(ts::zeros(shape<dyn, 3>{5}))).shape() == shape<3, dyn>{5});
    const ts::variable v = a;
    CHECK(is<tensor<double, shape<2, 2>>, decltype(ts::ones_like(v * 2))>);
    CHECK(list(ts::ones_like(v * 2)) == numbers(4, 1));
  }

  TEST_CASE("rand: PyTorch's numbers") {
    ts::manual_seed(0);
    CHECK(list(ts::rand(shape<2, 3>{})) == numbers{0x1.fc2abp-2, 0x1.89545ep-1, 0x1.6a675p-4, 0x1.0e66p-3, 0x1.3acd0cp-2, 0x1.44a5f6p-1});
    ts::manual_seed(0);
    CHECK(list(ts::rand<double>(shape<dyn>{3})) == numbers{0x1.f0aac97c4aa2fp-1, 0x1.6a675d821ccc0p-1, 0x1.d6687b744a5f6p-2});
    ts::generator random(0);
    CHECK(list(ts::rand_like(ts::zeros<double>(shape<2, 2>{}), random)) ==
          numbers{0x1.f0aac97c4aa2fp-1, 0x1.6a675d821ccc0p-1, 0x1.d6687b744a5f6p-2, 0x1.d76c3d8e57d67p-1});
  }

  TEST_CASE("randn: PyTorch's numbers, one by one below 16 and in sixteens from there on") {
    ts::manual_seed(0);
    check_near(ts::randn(shape<5>{}), {1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991, -1.0845223665237427}, 1e-7);
    ts::generator random(0);
    check_near(ts::randn<double>(shape<dyn>{3}, random), {1.5409961082440433, -0.2934289057609464, -2.1787893820745574}, 1e-15);
    ts::manual_seed(0);
    check_near(ts::randn(shape<4, 5>{}), {-1.1258398294448853, -1.152360200881958,   -0.2505785822868347, -0.4338788092136383, 0.5988394618034363,
                                          -1.5550950765609741, -0.3413603901863098,  1.85300612449646,    0.46809640526771545, -0.1577124446630478,
                                          1.4436601400375366,  0.26604941487312317,  1.3893661499023438,  1.586334228515625,   0.946298360824585,
                                          -0.843676745891571,  0.9318265914916992,   1.2590092420578003,  2.0049805641174316,  0.05373690277338028}, 1e-6);
    random.manual_seed(0);
    check_near(ts::randn_like<double>(ts::zeros(shape<20>{}), random),
               {-2.310411800234176,   -0.3732508612577643, -1.0608166785462863, 0.9995093547811761, -0.019964750907762653, 0.2102998901016947, 0.17718935139366584,
                -0.830510051008449,   0.23871805816817063, 0.7335283685272841,  -1.3218818291421377, 1.3148113651971234,   -0.6870036940435463, 1.4880743158106724,
                -0.4484158047114511,  -0.8910030351707375, 0.6748575435940039,  1.0468653769814655, 0.15429517864658948,   -0.7498915228391941}, 1e-13);
  }

  TEST_CASE("randint: PyTorch's numbers in every element type") {
    ts::manual_seed(0);
    const auto x = ts::randint(0, 100, shape<2, 4>{});
    CHECK(is<tensor<std::int64_t, shape<2, 4>>, decltype(x)>);
    CHECK(list(x) == numbers{44, 39, 33, 60, 63, 79, 27, 3});
    CHECK(list(ts::randint<int>(-5, 5, shape<4>{})) == numbers{2, -2, -4, 1});
    CHECK(list(ts::randint<std::uint8_t>(256, shape<dyn>{4})) == numbers{36, 87, 70, 216});
    CHECK(list(ts::randint(0, std::int64_t{1} << 40, shape<3>{})) == numbers{379128171916, 251159659201, 991330716199});
    CHECK(list(ts::randint<float>(7, shape<3>{})) == numbers{4, 2, 4});
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::randint(5, 5, shape<3>{})), "tessera::randint: low is 5 and must be less than high, which is 5", ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::randint(0, shape<3>{})), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::randint<std::uint8_t>(257, shape<3>{})), ts::value_error);
  }

  TEST_CASE("randperm: PyTorch's order") {
    ts::manual_seed(0);
    const auto x = ts::randperm(10);
    CHECK(is<tensor<std::int64_t, shape<dyn>>, decltype(x)>);
    CHECK(list(x) == numbers{4, 1, 7, 5, 3, 9, 0, 8, 6, 2});
    CHECK(list(ts::randperm<int>(5)) == numbers{3, 2, 4, 0, 1});
    ts::generator random(0);
    const auto fixed = ts::randperm<10>(random);
    CHECK(is<tensor<std::int64_t, shape<10>>, decltype(fixed)>);
    CHECK(list(fixed) == list(x));
    CHECK(ts::randperm(0).size() == 0);
    CHECK(ts::randperm(1).item() == 0);
    CHECK_THROWS_AS(static_cast<void>(ts::randperm(-1)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::randperm<std::uint8_t>(300)), ts::value_error);
  }

  TEST_CASE("the random ones: one stream, read in order; one per thread unless a generator is given") {
    ts::manual_seed(0);
    CHECK(list(ts::rand(shape<2>{})) == numbers{0.49625658988952637, 0.7682217955589294});
    check_near(ts::randn(shape<3>{}), {-0.29050925374031067, -1.0703703165054321, 1.2644586563110352}, 1e-7);
    std::thread([] { static_cast<void>(ts::rand(shape<7>{})); }).join();
    ts::generator other(5);
    static_cast<void>(ts::rand(shape<7>{}, other));
    CHECK(list(ts::randperm(4)) == numbers{1, 3, 2, 0});
    CHECK(list(ts::randint(10, shape<3>{})) == numbers{9, 8, 6});
  }

  TEST_CASE("arange: sizes known to the type") {
    const auto r = ts::arange<int, 0, 10, 2>();
    CHECK(is<tensor<int, shape<5>>, decltype(r)>);
    CHECK(list(r) == numbers{0, 2, 4, 6, 8});
    CHECK(is<tensor<int, shape<4>>, decltype(ts::arange<int, 0, 10, 3>())>);
    CHECK(list(ts::arange<std::int64_t, 3, -2, -2>()) == numbers{3, 1, -1});
    CHECK(list(ts::arange<float, 0, 1, 0.25>()) == numbers{0, 0.25, 0.5, 0.75});
    CHECK(list(ts::arange<double, 3>()) == numbers{0, 1, 2});
    CHECK(ts::arange<int, 5, 5>().size() == 0);
  }

  TEST_CASE("arange: sizes known at run time are PyTorch's") {
    const auto r = ts::arange(5);
    CHECK(is<tensor<std::int64_t, shape<dyn>>, decltype(r)>);
    CHECK(list(r) == numbers{0, 1, 2, 3, 4});
    CHECK(is<tensor<float, shape<dyn>>, decltype(ts::arange(2.5))>);
    CHECK(list(ts::arange(2.5)) == numbers{0, 1, 2});
    CHECK(list(ts::arange(7, -2, -3)) == numbers{7, 4, 1});
    CHECK(list(ts::arange<std::uint8_t>(250, 256)) == numbers{250, 251, 252, 253, 254, 255});
    CHECK(list(ts::arange<std::int32_t>(0.5, 3)) == numbers{0, 1, 2});
    CHECK(ts::arange(0, 1, 0.1).size() == 10);
    CHECK(ts::arange(0, 0.3, 0.1).size() == 3);
    CHECK(ts::arange(1, 1.3, 0.1).size() == 4);
    CHECK(ts::arange(5, 5).size() == 0);
    CHECK(ts::arange(0, 0, -1).size() == 0);
    CHECK(list(ts::arange(0, 1, 2)) == numbers{0});
  }

  TEST_CASE("arange: values are PyTorch's") {
    check_near(ts::arange(0, 1, 0.1), {0, 0.10000000149011612, 0.20000000298023224, 0.30000001192092896, 0.4000000059604645, 0.5, 0.6000000238418579,
                                       0.699999988079071, 0.800000011920929, 0.8999999761581421}, 1e-7);
    CHECK(list(ts::arange<double>(5, 0, -0.7)) == numbers{5.0, 4.3, 3.6, 2.9000000000000004, 2.2, 1.5000000000000002, 0.8000000000000003, 0.10000000000000031});
    check_near(ts::arange(0.1, 1, 0.3), {0.1, 0.4, 0.7}, 1e-7);
    const std::int64_t large = (std::int64_t{1} << 53) + 1;
    CHECK(ts::arange(large, large + 2)(0) == large);
    constexpr auto least = std::numeric_limits<std::int64_t>::min(), greatest = std::numeric_limits<std::int64_t>::max();
    const auto whole = ts::arange(least, greatest, std::int64_t{1} << 62);
    CHECK(whole.size() == 4);
    CHECK(whole(3) == std::int64_t{1} << 62);
    CHECK(ts::arange(greatest, least, least).size() == 2);
  }

  TEST_CASE("arange: steps that lead nowhere and numbers that do not fit are errors") {
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::arange(0, 5, 0)), "tessera::arange: steps of 0 do not lead from 0 to 5", ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange(0, 5, -1)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange(5, 0)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange(0, 5.0, 0.0)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange<int>(0, 3, 0.5)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange(0, std::numeric_limits<double>::infinity())), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange(0, 1, std::numeric_limits<double>::quiet_NaN())), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange<std::uint8_t>(0, 300)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange<std::uint8_t>(-1, 3)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::arange<std::uint8_t>(2, -2, -1)), ts::value_error);
  }

  TEST_CASE("linspace: both ends are exact and the middle is symmetric") {
    const auto fixed = ts::linspace<float, 5>(0, 1);
    CHECK(is<tensor<float, shape<5>>, decltype(fixed)>);
    CHECK(list(fixed) == numbers{0, 0.25, 0.5, 0.75, 1});
    const auto x = ts::linspace(-0.1, 0.1, 101);
    CHECK(is<tensor<float, shape<dyn>>, decltype(x)>);
    CHECK(x(0) == -0.1f);
    CHECK(x(100) == 0.1f);
    for (int i = 0; i < 50; ++i) CHECK(x(i) == -x(100 - i));
  }

  TEST_CASE("linspace: values are PyTorch's") {
    check_near(ts::linspace(0, 1, 7), {0, 0.1666666716337204, 0.3333333432674408, 0.5, 0.6666666269302368, 0.8333333134651184, 1}, 1e-7);
    check_near(ts::linspace<double>(-1, 2, 4), {-1, 0, 1, 2}, 1e-16);
    CHECK(list(ts::linspace<double>(3, -3, 4)) == numbers{3, 1, -1, -3});
    CHECK(list(ts::linspace<std::int64_t>(10, -10, 7)) == numbers{10, 6, 3, 0, -3, -6, -10});
    CHECK(list(ts::linspace<std::int32_t>(0, 10, 5)) == numbers{0, 2, 5, 7, 10});
    CHECK(list(ts::linspace(3, 9, 1)) == numbers{3});
    CHECK(ts::linspace(3, 9, 0).size() == 0);
    CHECK_THROWS_AS(static_cast<void>(ts::linspace(0, 1, -1)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::linspace<std::uint8_t>(-3, 3, 4)), ts::value_error);
  }

  TEST_CASE("eye: ones on the diagonal") {
    const auto a = ts::eye<float, 2>();
    CHECK(is<tensor<float, shape<2, 2>>, decltype(a)>);
    CHECK(list(a) == numbers{1, 0, 0, 1});
    CHECK(list(ts::eye<int, 2, 3>()) == numbers{1, 0, 0, 0, 1, 0});
    CHECK(list(ts::eye<bool, 3, 2>()) == numbers{1, 0, 0, 1, 0, 0});
    CHECK(is<tensor<float, shape<dyn, dyn>>, decltype(ts::eye(2))>);
    CHECK(list(ts::eye<double>(2, 3)) == numbers{1, 0, 0, 0, 1, 0});
    CHECK(ts::eye(3, 0).size() == 0);
    CHECK_THROWS_AS(static_cast<void>(ts::eye(-1)), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::eye(1, -1)), ts::value_error);
  }

  TEST_CASE("as: braces with a given element type") {
    const auto w8 = ts::as<double>({{1, 2}, {3, 4}});
    CHECK(is<tensor<double, shape<2, 2>>, decltype(w8)>);
    CHECK(list(w8) == numbers{1, 2, 3, 4});
    const auto row = ts::as<float>({1, 2.5, 3});
    CHECK(is<tensor<float, shape<3>>, decltype(row)>);
    CHECK(list(row) == numbers{1, 2.5, 3});
    CHECK(is<tensor<int, shape<2, 1>>, decltype(ts::as<int>({{1}, {2}}))>);
    CHECK(is<tensor<bool, shape<2, 1, 3>>, decltype(ts::as<bool>({{{true, false, true}}, {{false, false, true}}}))>);
    const auto deep = ts::as<std::uint8_t>({{{{1, 2}}, {{3, 4}}, {{5, 6}}}});
    CHECK(is<tensor<std::uint8_t, shape<1, 3, 1, 2>>, decltype(deep)>);
    CHECK(list(deep) == numbers{1, 2, 3, 4, 5, 6});
    CHECK(equal_rows_compile<float>);
    CHECK_FALSE(ragged_rows_compile<float>);
    CHECK(large_numbers_compile<int>);
    CHECK_FALSE(large_numbers_compile<std::uint8_t>);
  }
}
