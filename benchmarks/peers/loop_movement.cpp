// SPDX-License-Identifier: BSL-1.0
// A transposed copy as a plain loop.

#include <support/cases.hpp>

namespace {

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "loop", cases::transposed_work(n), [n] {
      return [n, x = measure::numbers(n * n), y = measure::numbers(n * n)]() mutable -> auto& {
        for (int i = 0; i < n; ++i)
          for (int j = 0; j < n; ++j) y.data()[i * n + j] = x.data()[j * n + i];
        return y;
      };
    });
  return 0;
}();

}  // namespace
