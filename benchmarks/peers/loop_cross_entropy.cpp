// SPDX-License-Identifier: BSL-1.0
// The cross entropy as plain loops, alone and with the gradient of the logits.

#include <support/cases.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// The loss; where dx is there, also its gradient.
float cross_entropy(const float* x, const std::int64_t* labels, float* dx, int rows, int classes) {
  float loss = 0;
  for (int i = 0; i < rows; ++i, x += classes) {
    const float top = *std::max_element(x, x + classes);
    float total = 0;
    for (int j = 0; j < classes; ++j) total += std::exp(x[j] - top);
    loss += top + std::log(total) - x[labels[i]];
    if (dx == nullptr) continue;
    for (int j = 0; j < classes; ++j) dx[j] = std::exp(x[j] - top) / (total * static_cast<float>(rows));
    dx[labels[i]] -= 1 / static_cast<float>(rows);
    dx += classes;
  }
  return loss / static_cast<float>(rows);
}

[[maybe_unused]] const int registered = [] {
  for (const cases::classification& c : cases::classifications) {
    measure::add(c.name(), "loop", c.amount(), [c] {
      return [c, x = measure::numbers(c.rows * c.classes), y = c.labels()] { return cross_entropy(x.data(), y.data(), nullptr, c.rows, c.classes); };
    });
    measure::add(c.trained_name(), "loop", c.trained_amount(), [c] {
      return [c, x = measure::numbers(c.rows * c.classes), dx = measure::numbers(c.rows * c.classes), y = c.labels()]() mutable -> auto& {
        benchmark::DoNotOptimize(cross_entropy(x.data(), y.data(), dx.data(), c.rows, c.classes));
        return dx;
      };
    });
  }
  return 0;
}();

}  // namespace
