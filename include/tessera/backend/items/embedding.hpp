// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rows of a table as items: read by their numbers, and added to in the order of the numbers.

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

#include <cstdint>

namespace tessera::backend::items {

/// Element i of the rows of a table [rows, columns] that are read, or 0 where the row is `blank`, and where the table has no such row,
/// which is written down if there is a place for it.
template <class T>
struct element_of_table {
  const T* table;
  const std::int64_t* number;
  extent rows, columns, blank;
  gpu::fault* faults;
  T* to;

  TESSERA_FN void operator()(extent i) const {
    const extent row = number[i / columns];
    const bool is_there = row >= 0 && row < rows;
    if (!is_there && faults != nullptr && i % columns == 0) faults->report(gpu::fault::index, row, i / columns, rows);
    to[i] = row == blank || !is_there ? T(0) : table[row * columns + i % columns];
  }
};

/// Element i % columns of a row of the table: the sum of what was read there. `number` are the rows that were read in ascending order
/// and `place` where each was read; the first of equal numbers does the work.
template <class T>
struct gradient_of_table_row {
  const T* g;
  const std::int64_t *number, *place;
  extent count, rows, columns, padding;
  T* to;

  TESSERA_FN void operator()(extent i) const {
    const extent first = i / columns, column = i % columns, row = number[first];
    if (row == padding || row < 0 || row >= rows || (first > 0 && number[first - 1] == row)) return;
    T sum = T(0);
    for (extent k = first; k < count && number[k] == row; ++k) sum += g[place[k] * columns + column];
    to[row * columns + column] = sum;
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
