// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs a case on the scalar backend, which is the reference, and on the simd backend, and measures how far the two are apart.

#include <op/check.hpp>
#include <tessera/backend/selector.hpp>

#include <bit>
#include <cstdint>
#include <functional>

namespace tessera::tests {

/// The number of representable numbers between two; 0 for NaN and NaN.
template <class T>
[[nodiscard]] double ulps_between(T a, T b) {
  if (a != a || b != b) return (a != a) == (b != b) ? 0 : std::numeric_limits<double>::infinity();
  using bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const bits x = std::bit_cast<bits>(a), y = std::bit_cast<bits>(b);
  const auto beyond_zero = [](bits i) { return static_cast<double>(i & std::numeric_limits<bits>::max()); };
  return (x < 0) == (y < 0) ? std::abs(static_cast<double>(x - y)) : beyond_zero(x) + beyond_zero(y);
}

/// The largest distance, where numbers below `floor` count as multiples of its last place: cancellation leaves noise there.
template <class T>
[[nodiscard]] double largest_distance(const std::vector<T>& a, const std::vector<T>& b, T floor) {
  REQUIRE(a.size() == b.size());
  const T step = std::nextafter(floor, T(2) * floor) - floor;
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool small = std::abs(a[i]) < floor && std::abs(b[i]) < floor;
    most = std::max(most, small ? static_cast<double>(std::abs(a[i] - b[i]) / step) : ulps_between(a[i], b[i]));
  }
  return most;
}

/// Numbers spread evenly over an interval; none repeats.
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> spread_over(S shape, int k, domain d) {
  auto x = tensor<T, S>::uninitialized(shape);
  for (extent i = 0; i < x.size(); ++i) {
    const double turns = static_cast<double>(i + 1) * 0.6180339887498949 + 0.37 * k;
    x.mutable_data()[i] = static_cast<T>(d.low + (d.high - d.low) * (turns - std::floor(turns)));
  }
  return x;
}

/// The value and the gradients of a function on one backend.
template <Element T, Shape R, Shape... S>
[[nodiscard]] std::vector<std::vector<T>> results_on(backend::kind kind, const erased<T, R, S...>& f, const tensor<T, S>&... inputs) {
  const backend::scope chosen(kind);
  const std::tuple<variable<T, S>...> x{variable<T, S>(inputs)...};
  const variable<T, R> y = std::apply(f, x);
  y.backward(operand_of<T>(y.shape(), cotangent_number));
  std::vector<std::vector<T>> all{{y.span().begin(), y.span().end()}};
  const auto add = [&](const auto& each) {
    const auto grad = each.grad();
    all.emplace_back(grad.span().begin(), grad.span().end());
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, x);
  return all;
}

/// Both backends give the same value within `value_ulps`, and the same gradients within `grad_ulps`.
template <Element T, class Call, Shape... S>
void check_backends(const std::string& title, const Call& call, double value_ulps, double grad_ulps, T floor, const tensor<T, S>&... inputs) {
  const auto f = erase_call<T, S...>(call);
  const auto wanted = results_on(backend::kind::scalar, f, inputs...), got = results_on(backend::kind::simd, f, inputs...);
  CAPTURE(title);
  CAPTURE(sizeof(T));
  CHECK(largest_distance(got[0], wanted[0], floor) <= value_ulps);
  for (std::size_t k = 1; k < wanted.size(); ++k) {
    CAPTURE(k);
    CHECK(largest_distance(got[k], wanted[k], floor) <= grad_ulps);
  }
}

}  // namespace tessera::tests
