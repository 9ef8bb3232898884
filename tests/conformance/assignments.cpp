// SPDX-License-Identifier: BSL-1.0
// Statements that change a tensor, and elements that are no floats, at every place: the results equal those of the widest registers.
#include <op/op_list.hpp>
#include <support/places.hpp>
#include <tessera/op/movement/slice.hpp>

namespace tessera::tests {
namespace {

/// f(x...) at every place, with integers as exact numbers.
template <class F, class... X>
void check_results(const std::string& title, const F& f, const X&... x) {
  const auto wanted = numbers_of(f(x...));
  for_each_place([&](const char* name) { check_numbers(title + " on " + name, numbers_of(f(placed(x)...)), wanted, tolerance<double>); });
}

template <Element T>
tensor<T, shape<6, 7>> numbers(int step) {
  return tensor<T, shape<6, 7>>::made({}, [&](T* to) {
    for (int i = 0; i < 42; ++i) to[i] = static_cast<T>((i * step) % 11 - 3);
  });
}

template <Element T>
void check_elements(const std::string& name) {
  const auto a = numbers<T>(5), b = numbers<T>(7);
  check_results(name + " sum and product", [](const auto& x, const auto& y) { return tensor(x * y + x - y); }, a, b);
  check_results(name + " comparison", [](const auto& x, const auto& y) { return tensor(where(x < y, x, y)); }, a, b);
  check_results(name + " stretched", [](const auto& x, const auto& y) { return tensor(x + slice(y, range<2, 3>) * T(2)); }, a, b);
  check_results(name + " sum of all", [](const auto& x) { return sum(x); }, a);
  check_results(name + " sum along", [](const auto& x) { return sum(x, axis<1>); }, a);
  check_results(name + " sum across", [](const auto& x) { return sum(x, axis<0>); }, a);
  check_results(name + " largest", [](const auto& x) { return max(x, axis<1>).values; }, a);
  check_results(name + " where the smallest is", [](const auto& x) { return argmin(x, axis<0>); }, a);
  check_results(name + " matrix product", [](const auto& x, const auto& y) { return matmul(x, transpose(y)); }, a, b);
  check_results(name + " updates", [](const auto& x, const auto& y) {
    auto z = x;
    z += y;
    z -= T(1);
    z *= y + T(2);
    return z; }, a, b);
  check_results(name + " updates of a part", [](const auto& x, const auto& y) {
    auto z = x;
    slice(z, full_extent, range<1, 4>) += slice(y, full_extent, range<2, 5>);
    slice(z, range<0, 2>) = slice(z, range<3, 5>) * T(3);
    slice(z, full_extent, 6) = T(9);
    return z; }, a, b);
}

}  // namespace

TEST_CASE("statements on every kind of element at every place") {
  check_elements<float>("float");
  check_elements<double>("double");
  check_elements<int>("int");
  check_elements<std::int64_t>("int64");
}

TEST_CASE("quotients in place at every place") {
  check_results("a quotient", [](const auto& x, const auto& y) {
    auto z = x;
    z /= y * y + 1.0;
    return z; }, numbers<double>(5), numbers<double>(7));
}

}  // namespace tessera::tests
