// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <tessera/autograd/variable.hpp>

namespace tessera::tests {
namespace {

/// Numbers that are often equal, and NaN.
template <Element T>
[[nodiscard]] tensor<T, shape<dyn, dyn>> few_values(extent rows, extent columns, extent step) {
  auto x = tensor<T, shape<dyn, dyn>>::uninitialized(shape<dyn, dyn>{rows, columns});
  for (extent i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<T>(i * step % 5);
  if constexpr (std::is_floating_point_v<T>) x(0, 1) = std::numeric_limits<T>::quiet_NaN();
  return x;
}

/// All six against the operators of C++, which are what PyTorch computes, on a width that fills registers and leaves a rest.
template <Element A, Element B>
void check_comparisons() {
  const auto a = few_values<A>(2, 37, 3);
  const auto b = few_values<B>(2, 37, 1);
  const auto check = [&](const char* name, const auto& expression, auto compare) {
    const tensor<bool, shape<dyn, dyn>> y(expression);
    int wrong = 0;
    for (extent i = 0; i < y.size(); ++i) wrong += y.data()[i] != compare(a.data()[i], b.data()[i]);
    CHECK_MESSAGE(wrong == 0, name, " of ", name_of(dtype_of<A>), " and ", name_of(dtype_of<B>));
  };
  using T = promote_t<A, B>;
  check("==", a == b, [](A x, B y) { return static_cast<T>(x) == static_cast<T>(y); });
  check("!=", a != b, [](A x, B y) { return static_cast<T>(x) != static_cast<T>(y); });
  check("<", a < b, [](A x, B y) { return static_cast<T>(x) < static_cast<T>(y); });
  check("<=", a <= b, [](A x, B y) { return static_cast<T>(x) <= static_cast<T>(y); });
  check(">", a > b, [](A x, B y) { return static_cast<T>(x) > static_cast<T>(y); });
  check(">=", a >= b, [](A x, B y) { return static_cast<T>(x) >= static_cast<T>(y); });
}

}  // namespace

TEST_CASE("comparisons of one dtype") {
  check_comparisons<float, float>();
  check_comparisons<double, double>();
  check_comparisons<std::int32_t, std::int32_t>();
  check_comparisons<std::int64_t, std::int64_t>();
  check_comparisons<std::uint8_t, std::uint8_t>();
}

TEST_CASE("comparisons of two dtypes happen in the promoted one") {
  check_comparisons<std::int32_t, float>();
  check_comparisons<double, float>();
  check_comparisons<std::uint8_t, std::int64_t>();
  check_comparisons<bool, std::int32_t>();
  // 2^24 + 1 is no float: as in PyTorch it equals 2^24 there.
  CHECK(tensor(tensor<std::int64_t, shape<1>>{std::int64_t{16777217}} == tensor<float, shape<1>>{16777216.f}).item());
}

TEST_CASE("comparisons with a number: it is weak, and a fraction makes integers floats") {
  const tensor<std::int32_t, shape<3>> x{1, 2, 3};
  const tensor<bool, shape<3>> below = x < 1.5, above = 2 > x, equal = x == 2.0, not_equal = 2 != x;
  CHECK(numbers(below) == std::vector<double>{1, 0, 0});
  CHECK(numbers(above) == std::vector<double>{1, 0, 0});
  CHECK(numbers(equal) == std::vector<double>{0, 1, 0});
  CHECK(numbers(not_equal) == std::vector<double>{1, 0, 1});
}

TEST_CASE("comparisons have no gradient") {
  const variable<float, shape<3>> x(tensor<float, shape<3>>{-1.f, 0.f, 2.f});
  const auto positive = x > 0.f;
  static_assert(!is_tracked<decltype(positive)>);
  variable(sum(where(positive, x, 0.f))).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{0, 0, 1});
}

}  // namespace tessera::tests
