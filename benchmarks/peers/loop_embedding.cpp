// SPDX-License-Identifier: BSL-1.0
// An embedding as plain loops, alone and with the gradient of the table.

#include <support/cases.hpp>

#include <algorithm>

namespace {

using cases::chosen, cases::table_columns, cases::table_rows;
using measure::numbers;

void embed(const std::int64_t* choices, const float* __restrict table, float* __restrict y) {
  for (int i = 0; i < chosen; ++i) std::copy_n(table + choices[i] * table_columns, table_columns, y + i * table_columns);
}

[[maybe_unused]] const int registered = [] {
  measure::add(cases::embedding, "loop", cases::embedding_work, [] {
    return [i = cases::choices(), w = numbers(table_rows * table_columns), y = numbers(chosen * table_columns)]() mutable -> auto& {
      embed(i.data(), w.data(), y.data());
      return y;
    };
  });
  measure::add(cases::embedding_training, "loop", cases::embedding_training_work, [] {
    return [i = cases::choices(), w = numbers(table_rows * table_columns), y = numbers(chosen * table_columns), dy = numbers(chosen * table_columns), dw = numbers(table_rows * table_columns)]() mutable -> auto& {
      embed(i.data(), w.data(), y.data());
      std::fill(dw.begin(), dw.end(), 0.f);
      for (int c = 0; c < chosen; ++c) {
        float* __restrict to = dw.data() + i[static_cast<std::size_t>(c)] * table_columns;
        for (int j = 0; j < table_columns; ++j) to[j] += dy.data()[c * table_columns + j];
      }
      return dw;
    };
  });
  return 0;
}();

}  // namespace
