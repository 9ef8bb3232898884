// SPDX-License-Identifier: BSL-1.0
#pragma once
// The maximum of every window, and which of its elements that is.

#include <tessera/backend/matrix.hpp>  // scratch
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/rows.hpp>
#include <tessera/backend/window.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

#include <tessera/backend/items/pool.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

namespace isa {

#if TESSERA_HAS_SHUFFLE
template <class V, int... I>
TESSERA_INLINE void shuffle(const V& a, const V& b, V& to, std::integer_sequence<int, I...>) {
  typedef lane_t<V> lanes __attribute__((vector_size(sizeof(V))));
  lanes x, y;
  __builtin_memcpy(&x, &a, sizeof(V));
  __builtin_memcpy(&y, &b, sizeof(V));
  const lanes z = __builtin_shufflevector(x, y, I...);
  __builtin_memcpy(&to, &z, sizeof(V));
}
template <class V, int... I>
TESSERA_INLINE void shuffle_even(const V& a, const V& b, V& to, std::integer_sequence<int, I...>) {
  shuffle(a, b, to, std::integer_sequence<int, 2 * I...>{});
}
template <class V, int First, int... I>
TESSERA_INLINE void shuffle_zip(const V& a, const V& b, V& to, std::integer_sequence<int, I...>) {
  shuffle(a, b, to, std::integer_sequence<int, ((I + First) / 2 + I % 2 * width<V>)...>{});
}
#endif

/// The first, third and so on of the elements of two registers, read from memory.
template <class V>
[[nodiscard]] TESSERA_INLINE V load_every_second(const lane_t<V>* from) {
#if TESSERA_HAS_SHUFFLE
  if constexpr (width<V> > 1) {
    V to;
    shuffle_even(load<V>(from), load<V>(from + width<V>), to, std::make_integer_sequence<int, width<V>>{});
    return to;
  } else
#endif
    return load<V>(from, 2);
}
/// a[0], b[0], a[1], b[1] and so on, to memory.
template <class V>
TESSERA_INLINE void store_in_turn(lane_t<V>* to, const V& a, const V& b) {
#if TESSERA_HAS_SHUFFLE
  if constexpr (width<V> > 1) {
    V low, high;
    shuffle_zip<V, 0>(a, b, low, std::make_integer_sequence<int, width<V>>{});
    shuffle_zip<V, width<V>>(a, b, high, std::make_integer_sequence<int, width<V>>{});
    store_lanes(to, low);
    store_lanes(to + width<V>, high);
    return;
  }
#endif
  store_lanes(to, a, 2);
  store_lanes(to + 1, b, 2);
}

template <class V>
[[nodiscard]] TESSERA_INLINE V is_above(V x, V best, V yes, V no) {
  if constexpr (std::is_integral_v<lane_t<V>>) return lane::select(x > best, yes, no);
  else if constexpr (width<V> == 1) return x > best || x != x ? yes : no;
  else return lane::select((x > best) | isnan(x), yes, no);  // xsimd's, found by argument
}

template <class V>
struct max_pooling {
  using T = lane_t<V>;
  static constexpr T lowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();

  const pooling& p;
  const T* x;
  const T* x_end;
  T* y;
  T* taps;  // null, or the number of the tap that was found, row by row

  // One result.
  void one(const T* plane, extent r, extent s, extent to) const {
    const extent top = p.rows.first_tap(r), left = p.columns.first_tap(s);
    T best = lowest;
    extent found = top * p.columns.kernel + left;
    for (extent i = top; i < p.rows.last_tap(r); ++i)
      for (extent j = left; j < p.columns.last_tap(s); ++j)
        if (const T value = plane[p.rows.at(r, i) * p.columns.input + p.columns.at(s, j)]; value > best || value != value)
          best = value, found = i * p.columns.kernel + j;
    y[to] = best;
    if (taps != nullptr) taps[to] = static_cast<T>(found);
  }

  // As many neighbours as a register has, all of whose columns lie inside.
  template <int Stride>
  void some(const T* plane, extent r, extent s, extent to, int lanes, bool may_spill) const {
    const extent top = p.rows.first_tap(r), bottom = p.rows.last_tap(r), kernel = p.columns.kernel;
    const T* line = plane + p.rows.at(r, top) * p.columns.input + p.columns.at(s, 0);
    const bool readable = line + (bottom - 1 - top) * p.rows.dilation * p.columns.input + (kernel - 1) * p.columns.dilation + Stride * width<V> <= x_end;
    V best(lowest), found(static_cast<T>(top * kernel));
    extent tap = top * kernel;
    for (extent i = top; i < bottom; ++i, line += p.rows.dilation * p.columns.input)
      for (extent j = 0; j < kernel; ++j, ++tap) {
        const T* from = line + j * p.columns.dilation;
        V value;
        if (readable) [[likely]] {
          if constexpr (Stride == 1) value = load<V>(from);
          else value = load_every_second<V>(from);
        } else {
          T aside[width<V>] = {};
          for (int l = 0; l < lanes; ++l) aside[l] = from[l * Stride];
          value = load<V>(aside);
        }
        found = is_above(value, best, V(static_cast<T>(tap)), found);
        best = is_above(value, best, value, best);
      }
    if (may_spill) lanes = width<V>;
    store_part(y + to, best, lanes);
    if (taps != nullptr) store_part(taps + to, found, lanes);
  }

  void run(extent begin, extent end) const {
    const extent whole = p.columns.first_whole(), last = p.columns.stride > 2 || width<V> == 1 ? whole : p.columns.last_whole();
    const extent stop = end * p.y_plane();
    for (extent plane = begin; plane < end; ++plane)
      for (extent r = 0; r < p.rows.output; ++r) {
        const T* from = x + plane * p.x_plane();
        const extent to = plane * p.y_plane() + r * p.columns.output;
        if constexpr (width<V> > 1)  // what spills over is written again by those that come later
          for (extent s = whole; s < last; s += width<V>) {
            const int lanes = static_cast<int>(std::min<extent>(width<V>, last - s));
            if (p.columns.stride == 1) some<1>(from, r, s, to + s, lanes, to + s + width<V> <= stop);
            else some<2>(from, r, s, to + s, lanes, to + s + width<V> <= stop);
          }
        for (extent s = 0; s < whole; ++s) one(from, r, s, to + s);
        for (extent s = last; s < p.columns.output; ++s) one(from, r, s, to + s);
      }
  }
};

}  // namespace isa

/// y: the maximum of each window; padding counts for nothing, NaN is the largest, of equals the first is found, of NaN the
/// last. taps: where in its window it was, i·(columns of the window) + j; or null.
template <class T>
void max_pool(const pooling& p, const T* x, T* y, T* taps) {
  if (p.planes * p.y_plane() == 0) return;
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.y_plane(), 4 * p.rows.kernel * p.columns.kernel, items::maximum_of_window<T>{p, x, y, taps});
#endif
  with_register<T>([&]<class V>() {
    const isa::max_pooling<V> pool{p, x, x + p.planes * p.x_plane(), y, taps};
    parallel_for(p.planes, std::max<extent>(1, 16384 / (p.y_plane() * p.rows.kernel * p.columns.kernel)), [&](extent begin, extent end) { pool.run(begin, end); });
  });
}

namespace isa {
/// Calls f(offset in x, offset in y) for the element of each window that was found, plane by plane.
template <class T, class F>
void for_each_found(const pooling& p, const T* taps, const F& f) {
  if (p.planes * p.y_plane() == 0) return;
  const scratch<extent> place(p.rows.kernel * p.columns.kernel);
  for (extent i = 0; i < p.rows.kernel; ++i)
    for (extent j = 0; j < p.columns.kernel; ++j) place.data()[i * p.columns.kernel + j] = i * p.rows.dilation * p.columns.input + j * p.columns.dilation;
  parallel_for(p.planes, std::max<extent>(1, 16384 / p.x_plane()), [&, places = place.data()](extent begin, extent end) {
    f(begin, end, [=](extent plane, const auto& one) {
      extent to = plane * p.y_plane();
      for (extent r = 0; r < p.rows.output; ++r) {
        extent corner = plane * p.x_plane() + p.rows.at(r, 0) * p.columns.input - p.columns.padding;
        for (extent s = 0; s < p.columns.output; ++s, ++to, corner += p.columns.stride) one(corner + places[static_cast<int>(taps[to])], to);
      }
    });
  });
}
}  // namespace isa

namespace isa {

/// Do windows of two columns cover rows without a gap and without meeting another?
[[nodiscard]] inline bool pairs_up(const pooling& p) {
  const sliding &r = p.rows, &c = p.columns;
  return c.kernel == 2 && c.stride == 2 && c.padding == 0 && c.dilation == 1 && c.output * 2 <= c.input && r.kernel == r.stride && r.padding == 0 && r.dilation == 1 && r.output * r.stride <= r.input;
}

/// Planes [begin, end) of scatter_found where windows pair up: every element of dx is written once, and none is read.
template <class V, class T = lane_t<V>>
void scatter_pairs(const pooling& p, const T* taps, const T* dy, T* dx, extent begin, extent end) {
  constexpr int W = width<V>;
  const extent columns = p.columns.output, y_stop = p.planes * p.y_plane(), x_stop = end * p.x_plane();
  const V none(T(0));
  for (extent plane = begin; plane < end; ++plane) {
    extent row = plane * p.x_plane();
    extent line = plane * p.y_plane();
    for (extent r = 0, i = 0; r < p.rows.output; row += p.columns.input) {
      const V left(static_cast<T>(2 * i)), right(static_cast<T>(2 * i + 1));
      for (extent s = 0; s < columns; s += W) {
        const extent from = line + s, to = row + 2 * s;
        const int lanes = static_cast<int>(std::min<extent>(W, columns - s)), readable = from + W <= y_stop ? W : lanes;
        const V g = load_part<V>(dy + from, readable, T(0)), t = load_part<V>(taps + from, readable, T(0));
        const V even = lane::select(t == left, g, none), odd = lane::select(t == right, g, none);
        if (to + 2 * W <= x_stop) {  // what spills over is written again by the rows that follow
          store_in_turn(dx + to, even, odd);
        } else {
          T aside[2 * W];
          store_in_turn(aside, even, odd);
          std::copy_n(aside, 2 * lanes, dx + to);
        }
      }
      for (extent s = 2 * columns; s < p.columns.input; ++s) dx[row + s] = T(0);
      if (++i == p.rows.kernel) ++r, i = 0, line += columns;
    }
    std::fill(dx + row, dx + (plane + 1) * p.x_plane(), T(0));
  }
}

}  // namespace isa

/// dx: the elements of dy added to zeros where their maxima were found.
template <class T>
void scatter_found(const pooling& p, const T* taps, const T* dy, T* dx) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.x_plane(), 8 * p.rows.kernel * p.columns.kernel, items::found_windows<T>{p, taps, dy, dx});
#endif
  if (p.planes * p.y_plane() != 0 && isa::pairs_up(p) && selected() == kind::simd && width<simd_register<T>> > 1)
    return parallel_for(p.planes, std::max<extent>(1, 16384 / p.x_plane()), [&](extent begin, extent end) { isa::scatter_pairs<simd_register<T>>(p, taps, dy, dx, begin, end); });
  isa::for_each_found(p, taps, [=](extent begin, extent end, const auto& plane_by_plane) {
    for (extent plane = begin; plane < end; ++plane) {
      std::fill_n(dx + plane * p.x_plane(), p.x_plane(), T(0));
      plane_by_plane(plane, [=](extent x, extent y) TESSERA_INLINE_LAMBDA { dx[x] += dy[y]; });
    }
  });
}
/// y: the elements of x where the maxima were found.
template <class T>
void gather_found(const pooling& p, const T* taps, const T* x, T* y) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.y_plane(), 8, items::element_of_window<T>{p, taps, x, y});
#endif
  isa::for_each_found(p, taps, [=](extent begin, extent end, const auto& plane_by_plane) {
    for (extent plane = begin; plane < end; ++plane) plane_by_plane(plane, [=](extent from, extent to) TESSERA_INLINE_LAMBDA { y[to] = x[from]; });
  });
}
/// Where the maxima were found, as numbers of elements of their planes.
template <class T>
void places_found(const pooling& p, const T* taps, std::int64_t* places) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return launch(p.planes * p.y_plane(), 8, items::place_of_maximum<T>{p, taps, places});
#endif
  isa::for_each_found(p, taps, [=](extent begin, extent end, const auto& plane_by_plane) {
    for (extent plane = begin; plane < end; ++plane) plane_by_plane(plane, [=](extent from, extent to) { places[to] = from - plane * p.x_plane(); });
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
