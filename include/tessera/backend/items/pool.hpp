// SPDX-License-Identifier: BSL-1.0
#pragma once
// Poolings as items: one for each element that is written. An adjoint looks at the windows that cover its element, in their order,
// so that no two items meet.

#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/items/softmax.hpp>  // lowest_number
#include <tessera/backend/window.hpp>

#include <cstdint>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The place of an element in planes of the given size.
struct plane_place {
  extent plane, row, column;
  TESSERA_FN plane_place(extent i, extent rows, extent columns) : plane(i / (rows * columns)), row(i / columns % rows), column(i % columns) {}
};

/// The maximum of a window, and perhaps which tap of it that is.
template <class T>
struct maximum_of_window {
  pooling p;
  const T* x;
  T *y, *taps;

  TESSERA_FN void operator()(extent to) const {
    const plane_place at(to, p.rows.output, p.columns.output);
    const T* plane = x + at.plane * p.x_plane();
    const extent top = p.rows.first_tap(at.row), left = p.columns.first_tap(at.column), bottom = p.rows.last_tap(at.row), right = p.columns.last_tap(at.column);
    T best = lowest_number<T>;
    extent found = top * p.columns.kernel + left;
    for (extent i = top; i < bottom; ++i)
      for (extent j = left; j < right; ++j)
        if (const T value = plane[p.rows.at(at.row, i) * p.columns.input + p.columns.at(at.column, j)]; value > best || value != value) best = value, found = i * p.columns.kernel + j;
    y[to] = best;
    if (taps != nullptr) taps[to] = static_cast<T>(found);
  }
};

/// What an element of x gets of the windows that found it.
template <class T>
struct found_windows {
  pooling p;
  const T *taps, *dy;
  T* dx;

  TESSERA_FN void operator()(extent to) const {
    const plane_place at(to, p.rows.input, p.columns.input);
    T sum = T(0);
    for (extent i = p.rows.kernel - 1; i >= 0; --i) {
      const extent r = p.rows.reader(at.row, i);
      if (r < 0) continue;
      for (extent j = p.columns.kernel - 1; j >= 0; --j) {
        const extent s = p.columns.reader(at.column, j);
        if (s < 0) continue;
        const extent from = at.plane * p.y_plane() + r * p.columns.output + s;
        if (static_cast<extent>(taps[from]) == i * p.columns.kernel + j) sum += dy[from];
      }
    }
    dx[to] = sum;
  }
};
/// The element of x that a window found.
template <class T>
struct element_of_window {
  pooling p;
  const T *taps, *x;
  T* y;

  TESSERA_FN void operator()(extent to) const {
    const plane_place at(to, p.rows.output, p.columns.output);
    const extent tap = static_cast<extent>(taps[to]);
    y[to] = x[at.plane * p.x_plane() + p.rows.at(at.row, tap / p.columns.kernel) * p.columns.input + p.columns.at(at.column, tap % p.columns.kernel)];
  }
};

/// Where in its plane a window found its maximum.
template <class T>
struct place_of_maximum {
  pooling p;
  const T* taps;
  std::int64_t* to;

  TESSERA_FN void operator()(extent i) const {
    const plane_place at(i, p.rows.output, p.columns.output);
    const extent tap = static_cast<extent>(taps[i]);
    to[i] = p.rows.at(at.row, tap / p.columns.kernel) * p.columns.input + p.columns.at(at.column, tap % p.columns.kernel);
  }
};

/// The average of a window. Averaging: that of backend/average_pool.hpp.
template <class Averaging, class T>
struct average_of_window {
  Averaging p;
  const T* x;
  T* y;

  TESSERA_FN void operator()(extent to) const {
    const plane_place at(to, p.rows.output, p.columns.output);
    const T* plane = x + at.plane * p.x_plane();
    const auto rows = p.along_rows(at.row), columns = p.along_columns(at.column);
    T sum = T(0);
    for (extent i = rows.first; i < rows.last; ++i)
      for (extent j = columns.first; j < columns.last; ++j) sum += plane[i * p.columns.input + j];
    y[to] = sum / static_cast<T>(p.divisor_of(rows, columns));
  }
};
/// What an element of x gets of the averages that it is part of.
template <class Averaging, class T>
struct shares_of_averages {
  Averaging p;
  const T* dy;
  T* dx;

  TESSERA_FN void operator()(extent to) const {
    const plane_place at(to, p.rows.input, p.columns.input);
    T sum = T(0);
    for (extent r = first(p.rows, at.row); r < p.rows.output; ++r) {
      const auto rows = p.along_rows(r);
      if (rows.first > at.row) break;
      if (rows.last <= at.row) continue;
      for (extent s = first(p.columns, at.column); s < p.columns.output; ++s) {
        const auto columns = p.along_columns(s);
        if (columns.first > at.column) break;
        if (columns.last > at.column) sum += dy[at.plane * p.y_plane() + r * p.columns.output + s] / static_cast<T>(p.divisor_of(rows, columns));
      }
    }
    dx[to] = sum;
  }

 private:
  /// The first window that may cover a position.
  [[nodiscard]] TESSERA_FN extent first(const sliding& s, extent position) const {
    if (p.adaptive) return position * s.output / s.input;
    const extent from = position + s.padding - s.kernel + 1;
    return from <= 0 ? 0 : (from + s.stride - 1) / s.stride;
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
