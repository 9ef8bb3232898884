// SPDX-License-Identifier: BSL-1.0
#pragma once
// The average of every window, and its adjoint.

#include <tessera/backend/parallel.hpp>
#include <tessera/backend/window.hpp>

#include <algorithm>

#include <tessera/backend/items/pool.hpp>

namespace tessera::backend {
namespace detail {

/// The elements [first, last) of an axis that a window covers, and how many it counts.
struct covered {
  extent first, last, counted;
};
[[nodiscard]] TESSERA_FN constexpr covered covered_by(const sliding& s, extent o, bool adaptive, bool counts_padding) noexcept {
  if (adaptive) {
    const extent first = o * s.input / s.output, last = ((o + 1) * s.input + s.output - 1) / s.output;
    return {first, last, last - first};
  }
  const extent start = o * s.stride - s.padding, end = start + s.kernel, border = s.input + s.padding, stop = end < border ? end : border;
  const extent first = start > 0 ? start : 0, inside = stop < s.input ? stop : s.input, last = inside > first ? inside : first;
  return {first, last, counts_padding ? stop - start : last - first};
}

}  // namespace detail

/// How windows of an average lie and what they divide by.
struct averaging : pooling {
  bool counts_padding = true;  // divide by the whole window, and not by what of it lies in the image
  bool adaptive = false;       // output o of n is the average of what it covers: [o·input / n, (o + 1)·input / n rounded up)
  extent divisor = 0;          // what to divide by whatever the window covers; 0: by that

  /// What the sum of a window is divided by.
  [[nodiscard]] TESSERA_FN constexpr extent divisor_of(const detail::covered& of_rows, const detail::covered& of_columns) const noexcept {
    return divisor != 0 ? divisor : of_rows.counted * of_columns.counted;
  }

  [[nodiscard]] TESSERA_FN constexpr detail::covered along_rows(extent o) const noexcept { return detail::covered_by(rows, o, adaptive, counts_padding); }
  [[nodiscard]] TESSERA_FN constexpr detail::covered along_columns(extent o) const noexcept { return detail::covered_by(columns, o, adaptive, counts_padding); }
};

namespace detail {

/// Calls f(rows, columns, offset in y) for every window of a plane.
template <class F>
void for_each_window(const averaging& p, const F& f) {
  for (extent r = 0, to = 0; r < p.rows.output; ++r) {
    const covered rows = p.along_rows(r);
    for (extent s = 0; s < p.columns.output; ++s, ++to) f(rows, p.along_columns(s), to);
  }
}
template <class F>
void for_each_plane(const averaging& p, const F& f) {
  parallel_for(p.planes, std::max<extent>(1, 16384 / std::max<extent>(1, p.x_plane())), [&](extent begin, extent end) {
    for (extent plane = begin; plane < end; ++plane) f(plane);
  });
}

}  // namespace detail

/// y: the average of each window of x, added up row by row.
template <class T>
void average_pool(const averaging& p, const T* x, T* y) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.y_plane(), 4 * p.rows.kernel * p.columns.kernel, items::average_of_window<averaging, T>{p, x, y});
#endif
  detail::for_each_plane(p, [&](extent plane) {
    const T* from = x + plane * p.x_plane();
    T* to = y + plane * p.y_plane();
    detail::for_each_window(p, [&](const detail::covered& rows, const detail::covered& columns, extent at) {
      T sum = 0;
      for (extent i = rows.first; i < rows.last; ++i)
        for (extent j = columns.first; j < columns.last; ++j) sum += from[i * p.columns.input + j];
      to[at] = sum / static_cast<T>(p.divisor_of(rows, columns));
    });
  });
}

/// The adjoint: dx is the sum of what every window's dy gives to each of its elements.
template <class T>
void spread_average(const averaging& p, const T* dy, T* dx) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.x_plane(), 64, items::shares_of_averages<averaging, T>{p, dy, dx});
#endif
  detail::for_each_plane(p, [&](extent plane) {
    const T* from = dy + plane * p.y_plane();
    T* to = dx + plane * p.x_plane();
    std::fill_n(to, p.x_plane(), T(0));
    detail::for_each_window(p, [&](const detail::covered& rows, const detail::covered& columns, extent at) {
      const T part = from[at] / static_cast<T>(p.divisor_of(rows, columns));
      for (extent i = rows.first; i < rows.last; ++i)
        for (extent j = columns.first; j < columns.last; ++j) to[i * p.columns.input + j] += part;
    });
  });
}

}  // namespace tessera::backend
