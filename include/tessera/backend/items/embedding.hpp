// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rows of a table as items: read by their numbers, and added to in the order of the numbers.

#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/items/softmax.hpp>  // larger_of_items
#include <tessera/backend/norm.hpp>

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

/// Element i % columns of a row of the table divided by how often the row is among the numbers, which are in ascending order: the first
/// of equal numbers does the work.
template <class T>
struct divide_table_row {
  const std::int64_t* number;
  extent count, rows, columns;
  T* table;

  TESSERA_FN void operator()(extent i) const {
    const extent first = i / columns, row = number[first];
    if (row < 0 || row >= rows || (first > 0 && number[first - 1] == row)) return;
    extent end = first + 1;
    while (end < count && number[end] == row) ++end;
    table[row * columns + i % columns] /= static_cast<T>(end - first);
  }
};

/// Rows of a table made shorter: the numbers are in ascending order, and the first of equal ones does the work.
template <class T>
struct shorten_row {
  const std::int64_t* number;
  extent rows, columns;
  shortening by;
  T* table;

  template <class Team>
  TESSERA_FN void operator()(extent i, const Team& team) const {
    const extent row = number[i];
    if (row < 0 || row >= rows || (i > 0 && number[i - 1] == row)) return;
    T* x = table + row * columns;
    double total = 0;
    for (extent j = team.lane(); j < columns; j += team.lanes()) total = by.join(total, by.part(static_cast<double>(x[j])));
    const double norm = by.norm(by.largest ? team.template combine<larger_of_items>(total) : team.template combine<plain_sum>(total));
    if (!(norm > by.most)) return;
    const T scale = static_cast<T>(by.scale(norm));
    for (extent j = team.lane(); j < columns; j += team.lanes()) x[j] *= scale;
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
