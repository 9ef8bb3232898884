// SPDX-License-Identifier: BSL-1.0
// Elementwise chains on Eigen's arrays.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

Eigen::ArrayXf numbers(std::int64_t n) { return Eigen::Map<const Eigen::ArrayXf>(measure::numbers(n).data(), n); }

[[maybe_unused]] const int registered = [] {
  for (const std::int64_t n : cases::lengths()) {
    measure::add(cases::chain(n), "Eigen", cases::chain_work(n), [n] {
      return [x = numbers(n), y = numbers(n), z = numbers(n)]() mutable -> auto& { return z = 2 * x + 3 * y - x * y; };
    });
    measure::add(cases::curve(n), "Eigen", cases::curve_work(n), [n] {
      return [x = numbers(n), z = numbers(n)]() mutable -> auto& { return z = x.tanh() * x.logistic() + (-x.square()).exp(); };
    });
  }
  return 0;
}();

}  // namespace
