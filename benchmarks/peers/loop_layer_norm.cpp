// SPDX-License-Identifier: BSL-1.0
// layer_norm as plain loops.

#include <support/cases.hpp>

#include <cmath>

namespace {

using cases::norm_columns, cases::norm_rows;
using measure::numbers;

[[maybe_unused]] const int registered = [] {
  measure::add(cases::layer_norm, "loop", cases::layer_norm_work, [] {
    return [x = numbers(norm_rows * norm_columns), y = numbers(norm_rows * norm_columns), w = numbers(norm_columns), b = numbers(norm_columns)]() mutable -> auto& {
      for (int i = 0; i < norm_rows; ++i) {
        const float* from = x.data() + i * norm_columns;
        float *to = y.data() + i * norm_columns, mean = 0, squares = 0;
        for (int j = 0; j < norm_columns; ++j) mean += from[j] / norm_columns;
        for (int j = 0; j < norm_columns; ++j) squares += (from[j] - mean) * (from[j] - mean);
        const float scale = 1 / std::sqrt(squares / norm_columns + 1e-5f);
        for (int j = 0; j < norm_columns; ++j) to[j] = (from[j] - mean) * scale * w.data()[j] + b.data()[j];
      }
      return y;
    };
  });
  return 0;
}();

}  // namespace
