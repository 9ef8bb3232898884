// SPDX-License-Identifier: BSL-1.0
// Sums and argmax as plain loops.

#include <support/cases.hpp>

#include <algorithm>
#include <numeric>

namespace {

using measure::buffer;

void add(const char* name, measure::work w, int columns, int results, void (*operation)(const buffer& x, buffer& y)) {
  measure::add(name, "loop", w, [=] {
    return [=, x = measure::numbers(cases::large * columns), y = buffer(static_cast<std::size_t>(results))]() mutable -> auto& {
      operation(x, y);
      return y;
    };
  });
}

[[maybe_unused]] const int registered = [] {
  using cases::large, cases::middle;
  add(cases::sum_axis_0, cases::sum_work, large, large, [](const buffer& x, buffer& y) {
    std::fill(y.begin(), y.end(), 0.f);
    for (int i = 0; i < large; ++i)
      for (int j = 0; j < large; ++j) y.data()[j] += x.data()[i * large + j];
  });
  add(cases::sum_axis_1, cases::sum_work, large, large, [](const buffer& x, buffer& y) {
    for (int i = 0; i < large; ++i) y.data()[i] = std::accumulate(x.data() + i * large, x.data() + (i + 1) * large, 0.f);
  });
  add(cases::sum_all, cases::sum_work, large, 1, [](const buffer& x, buffer& y) { y[0] = std::accumulate(x.begin(), x.end(), 0.f); });
  add(cases::argmax, cases::argmax_work, middle, large, [](const buffer& x, buffer& y) {
    for (int i = 0; i < large; ++i) {
      const float* row = x.data() + i * middle;
      y.data()[i] = static_cast<float>(std::max_element(row, row + middle) - row);
    }
  });
  return 0;
}();

}  // namespace
