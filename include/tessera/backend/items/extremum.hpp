// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reductions by index: where the largest or smallest element of each row is, and elements chosen by their indices.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/numeric/lane.hpp>

#if TESSERA_RUNS_ITEMS

#include <cstdint>

namespace tessera::backend::items {

/// The better of two; NaN is the best.
template <bool Largest>
struct better_of_items {
  template <class X>
  TESSERA_FN static constexpr X combine(X a, X b) {
    if constexpr (Largest) return lane::maximum(a, b);
    else return lane::minimum(a, b);
  }
};
struct smaller_of_items {
  template <class X>
  TESSERA_FN static constexpr X combine(X a, X b) { return a < b ? a : b; }
};

/// Rows along an axis of a row-major tensor: number `row` starts at start(row), its elements are `step` apart.
struct rows_along {
  extent n, step;  // elements of a row; step: the elements of the axes behind

  [[nodiscard]] TESSERA_FN extent start(extent row) const { return row / step * n * step + row % step; }
};

/// The index of the first of the largest (or smallest) elements of a row, or of its first NaN: a team looks along it.
template <bool Largest, class T>
struct index_in_row {
  rows_along at;
  const T* x;
  std::int64_t* to;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    const T* from = x + at.start(row);
    T best = from[0];
    for (extent j = team.lane(); j < at.n; j += team.lanes()) best = better_of_items<Largest>::combine(best, from[j * at.step]);
    best = team.template combine<better_of_items<Largest>>(best);
    extent found = at.n;
    for (extent j = team.lane(); j < at.n && found == at.n; j += team.lanes())
      if (const T value = from[j * at.step]; value == best || (value != value && best != best)) found = j;
    found = team.template combine<smaller_of_items>(found);
    if (team.lane() == 0) to[row] = found;
  }
};
/// The same for one item: where rows lie beside each other, neighbouring items read neighbouring memory.
template <bool Largest, class T>
struct index_in_column {
  index_in_row<Largest, T> row;

  TESSERA_FN void operator()(extent i) const { row(i, alone{}); }
};

/// The largest (or smallest) of every so manieth of n elements, each part by a team.
template <bool Largest, class T>
struct extremum_of_part {
  const T* x;
  extent n, parts;
  T* to;

  template <class Team>
  TESSERA_FN void operator()(extent part, const Team& team) const {
    extent i = part * team.lanes() + team.lane();
    T best = x[i < n ? i : 0];
    for (; i < n; i += parts * team.lanes()) best = better_of_items<Largest>::combine(best, x[i]);
    best = team.template combine<better_of_items<Largest>>(best);
    if (team.lane() == 0) to[part] = best;
  }
};
/// The largest (or smallest) of n elements, n > 0: of many in two launches.
template <bool Largest, class T>
void find_extremum(const T* x, extent n, T* to) {
  const extent parts = parts_along(1, n);
  const block room(parts == 1 ? 0 : static_cast<std::size_t>(parts) * sizeof(T));
  T* const best = parts == 1 ? to : static_cast<T*>(room.data());
  launch_rows(parts, 2 * (n / parts), extremum_of_part<Largest, T>{x, n, parts, best}, n / parts);
  if (parts != 1) launch_rows(1, 2 * parts, extremum_of_part<Largest, T>{best, parts, 1, to}, parts);
}

/// One element of each row, by its index.
template <class T>
struct element_of_row {
  rows_along at;
  const std::int64_t* index;
  const T* x;
  T* to;

  TESSERA_FN void operator()(extent row) const { to[row] = x[at.start(row) + index[row] * at.step]; }
};
/// An element of each row written, by its index.
template <class T>
struct element_to_row {
  rows_along at;
  const std::int64_t* index;
  const T* x;
  T* to;

  TESSERA_FN void operator()(extent row) const { to[at.start(row) + index[row] * at.step] = x[row]; }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
