// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rows of a table as items: read by their numbers, and added to in the order of the numbers.

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

#include <cstdint>

namespace tessera::backend::items {

/// Element i of the rows of a table [rows, columns] that are read, or 0 where the row is `blank`.
template <class T>
struct element_of_table {
  const T* table;
  const std::int64_t* number;
  extent columns, blank;
  T* to;

  TESSERA_FN void operator()(extent i) const {
    const extent row = number[i / columns];
    to[i] = row == blank ? T(0) : table[row * columns + i % columns];
  }
};

/// Element i % columns of a row of the table: the sum of what was read there. Group i / columns are the places
/// [start[group], start[group + 1]) of `order`, at which one row was read.
template <class T>
struct gradient_of_table_row {
  const T* g;
  const std::int64_t *number, *order, *start;
  extent columns, padding;
  T* to;

  TESSERA_FN void operator()(extent i) const {
    const extent group = i / columns, column = i % columns, row = number[order[start[group]]];
    if (row == padding) return;
    T sum = T(0);
    for (extent k = start[group]; k < start[group + 1]; ++k) sum += g[order[k] * columns + column];
    to[row * columns + column] = sum;
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
