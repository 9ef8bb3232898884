// SPDX-License-Identifier: BSL-1.0
// Sums and argmax as plain loops, and a copy of as many bytes.

#include <support/cases.hpp>
#include <support/copy.hpp>

#include <algorithm>
#include <numeric>

namespace {

using measure::buffer;

void add(const char* name, measure::work w, int n, void (*operation)(const buffer& x, buffer& y, int n)) {
  measure::add(name, "loop", w, [=] {
    return [=, x = measure::numbers(n * n), y = measure::numbers(n)]() mutable {
      operation(x, y, n);
      benchmark::DoNotOptimize(y.data());
    };
  });
  measure::add_copy(name, w);
}

[[maybe_unused]] const int registered = [] {
  using cases::large, cases::middle;
  add(cases::sum_axis_0, cases::sum_work, large, [](const buffer& x, buffer& y, int n) {
    std::fill(y.begin(), y.end(), 0.f);
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) y.data()[j] += x.data()[i * n + j];
  });
  add(cases::sum_axis_1, cases::sum_work, large, [](const buffer& x, buffer& y, int n) {
    for (int i = 0; i < n; ++i) y.data()[i] = std::accumulate(x.data() + i * n, x.data() + (i + 1) * n, 0.f);
  });
  add(cases::sum_all, cases::sum_work, large, [](const buffer& x, buffer& y, int) { y[0] = std::accumulate(x.begin(), x.end(), 0.f); });
  add(cases::argmax, cases::argmax_work, middle, [](const buffer& x, buffer& y, int n) {
    for (int i = 0; i < n; ++i) {
      const float* row = x.data() + i * n;
      y.data()[i] = static_cast<float>(std::max_element(row, row + n) - row);
    }
  });
  measure::add_copy(cases::softmax, cases::softmax_work);
  return 0;
}();

}  // namespace
