// SPDX-License-Identifier: BSL-1.0
// Elementwise chains as plain loops.

#include <support/cases.hpp>

#include <cmath>

namespace {

using measure::numbers;

void chain(const float* __restrict x, const float* __restrict y, float* __restrict z, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) z[i] = 2 * x[i] + 3 * y[i] - x[i] * y[i];
}
void curve(const float* __restrict x, float* __restrict z, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) z[i] = std::tanh(x[i]) / (1 + std::exp(-x[i])) + std::exp(-x[i] * x[i]);
}

[[maybe_unused]] const int registered = [] {
  for (const std::int64_t n : cases::lengths()) {
    measure::add(cases::chain(n), "loop", cases::chain_work(n), [n] {
      return [x = numbers(n), y = numbers(n), z = numbers(n)]() mutable -> auto& {
        chain(x.data(), y.data(), z.data(), z.size());
        return z;
      };
    });
    measure::add(cases::curve(n), "loop", cases::curve_work(n), [n] {
      return [x = numbers(n), z = numbers(n)]() mutable -> auto& {
        curve(x.data(), z.data(), z.size());
        return z;
      };
    });
  }
  return 0;
}();

}  // namespace
