// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products in registers: a tile of C stays in registers while k runs, B (and A where it pays) is packed into
// panels that are read in order, and the loops around it keep the panels in cache. After Goto and van de Geijn, "Anatomy
// of high-performance matrix multiplication" (2008), and Van Zee and van de Geijn, "BLIS" (2015).

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/simd/gemm_kernel.hpp>
#include <tessera/backend/simd/gemm_small.hpp>
#include <tessera/backend/simd/gemv.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

// Sizes in elements of the parts of A, B and of k that are in cache together. All depend on the extents only.
template <class T>
struct blocks {
  static constexpr extent depth = 512;             // a panel of B takes 128 kB of a level-2 cache, if registers have 64 bytes
  static constexpr extent rows = 144;              // rows x depth of A take 300 or 600 kB of it
  static constexpr extent all_columns = 2048;      // packed at a time
  static constexpr extent task = extent{1} << 19;  // multiply-adds that are worth a thread
};

// The smallest equal parts of `total` that are at most `most` long, rounded up to a multiple of `unit`.
[[nodiscard]] TESSERA_INLINE extent even_part(extent total, extent most, extent unit) {
  if (total <= most) return (total + unit - 1) / unit * unit;
  const extent parts = (total + most - 1) / most;
  return ((total + parts - 1) / parts + unit - 1) / unit * unit;
}

// Rows whose addresses agree in the bits that choose a cache set evict each other.
template <class T>
[[nodiscard]] bool collides(extent stride) {
  const extent bytes = stride * static_cast<extent>(sizeof(T));
  return bytes != 0 && bytes % 4096 == 0;
}

// Are k rows of b read as fast as a copy of them? They begin with a cache line, and a few pages hold them; or they are so few that a copy costs more
// than loads which meet two lines.
template <class T>
[[nodiscard]] bool reads_well(const matrix<T>& b, extent k) {
  constexpr extent line = 64 / sizeof(T), near = 262144 / sizeof(T);
  const bool aligned = reinterpret_cast<std::uintptr_t>(b.data) % 64 == 0 && b.row_stride % line == 0;
  return k * b.row_stride <= (aligned ? near : near / 4) && !collides<T>(b.row_stride);
}

// Columns of C, and the part of k that is in cache.
template <class V>
struct product {
  using T = lane_t<V>;
  static constexpr extent W = width<V>, nr = widest<V> * W;

  extent m, n, k;
  matrix<T> a, b;
  T* c;
  extent ldc;
  const T* bias;
  bool accumulate;
  T* packed_a;  // null: read in place
  T* packed_b;  // all panels, for all blocks of rows; null: there is one block
  bool b_in_place;

  [[nodiscard]] extent panel(extent column) const { return panel_of<V>(n - column); }
  // Rows of A are packed in blocks, for each of which the last tile may need rows twice.
  [[nodiscard]] static extent block_size(extent rows, extent k) { return (rows + tallest<V>) * k; }

  void pack_panel(extent j, T* to) const {
    pack<V>(to, panel(j), b.at(0, j), b.column_stride, b.row_stride, std::min(panel(j), n - j), k);
  }

  void pack_rows(extent top, extent bottom, T* to) const {
    for (extent i = top; i < bottom;) {
      const strip s = next_strip<V>(i, bottom);
      pack<V>(to, s.height, a.at(s.row, 0), a.row_stride, a.column_stride, s.height, k);
      to += s.height * k;
      i = s.row + s.height;
    }
  }

  [[nodiscard]] runs<T> panel_ahead(extent j, bool is_packed, extent tiles) const {
    const extent columns = std::min(panel(j), n - j), rounds = tiles * (k - k / 4);  // without those in which lines of C are fetched
    if (is_packed) return runs<T>(packed_b + j * k, 1, panel(j) * k, 0).over(rounds);
    return (b.column_stride == 1 ? runs<T>(b.at(0, j), k, columns, b.row_stride) : runs<T>(b.at(0, j), columns, k, b.column_stride)).over(rounds);
  }
  [[nodiscard]] runs<T> rows_ahead(extent top, extent bottom) const {
    const extent rows = bottom - top;
    return (a.row_stride == 1 ? runs<T>(a.at(top, 0), k, rows, a.column_stride) : runs<T>(a.at(top, 0), rows, k, a.row_stride)).over(rows * k);
  }

  // Rows [top, bottom), which lie in packed_a where that is.
  void multiply(extent top, extent bottom) const {
    constexpr extent room = 16384 / sizeof(T);
    alignas(64) T small[room];
    const bool packs = !b_in_place && (packed_b == nullptr || top == 0);  // otherwise the rows before have packed B
    const scratch<T> large(packs && packed_b == nullptr && k * nr > room ? k * nr : 0);
    end_of_panel<V> end_of_b;
    T* const own = large.data() != nullptr ? large.data() : small;
    tile<T> t{k, nullptr, 1, 1, nullptr, 0, nullptr, ldc, nullptr, accumulate, 0, 0};
    if (packed_a == nullptr) {
      t.across = a.row_stride;
      t.along = a.column_stride;
    }
    runs<T> a_ahead = packed_a != nullptr && bottom < m ? rows_ahead(bottom, std::min(m, 2 * bottom - top)) : runs<T>(a.data);
    for (extent j = 0; j < n; j += panel(j)) {
      const extent then = j + panel(j);
      t.columns = static_cast<int>(std::min(then, n) - j);
      T* const packed_here = packed_b != nullptr ? packed_b + j * k : own;
      if (b_in_place) {
        end_of_b.read_in_place(t, b, j, n, k);
      } else {
        t.b = packed_here;
        t.step = panel(j);
        // The first tile can write down the rows of B that it reads, if it reads nothing else.
        if (packs) {
          if (b.column_stride == 1 && t.columns == nr && next_strip<V>(top, bottom).height == tallest<V>)
            t.packed = packed_here;
          else
            pack_panel(j, packed_here);
        }
      }
      t.bias = bias != nullptr ? bias + j : nullptr;
      // While these tiles are computed, the next panel is fetched, then rows of A that the next block will pack.
      t.ahead = then >= n ? runs<T>(t.b) : panel_ahead(then, packed_b != nullptr && !packs, (bottom - top) * (t.columns > 2 * W ? 2 : 1) / tallest<V>);
      enum { panel_next, rows_next, nothing_next } fetched = panel_next;
      const T* packed = packed_a;
      for (extent i = top; i < bottom;) {
        const strip s = next_strip<V>(i, bottom);
        if (packed != nullptr) {
          t.a = packed;
          t.along = s.height;
          packed += s.height * k;
        } else {
          t.a = a.at(s.row, 0);
        }
        t.c = c + s.row * ldc + j;
        t.skip = s.skip;
        if (t.ahead.rest <= 0 && fetched != nothing_next) {
          fetched = fetched == panel_next && a_ahead.rest > 0 ? rows_next : nothing_next;
          t.ahead = fetched == rows_next ? a_ahead : runs<T>(t.b);
        }
        if (t.packed != nullptr) {
          t.b = b.at(0, j);
          t.step = b.row_stride;
        }
        run_tile<V>(s.height, t);
        if (t.packed != nullptr) {
          t.b = std::exchange(t.packed, nullptr);
          t.step = panel(j);
        }
        i = s.row + s.height;
      }
      if (fetched != panel_next) a_ahead = t.ahead;
    }
  }

  void run() const {
    const extent block = even_part(m, blocks<T>::rows, tallest<V>);
    for (extent i = 0; i < m; i += block) {
      const extent bottom = std::min(m, i + block);
      if (packed_a != nullptr) pack_rows(i, bottom, packed_a);
      multiply(i, bottom);
    }
  }
};

/// What one thread computes: C whole, or some rows or columns of it.
template <class V, class T = lane_t<V>>
void multiply_blocks(extent m, extent n, extent k, matrix<T> a, matrix<T> b, T* c, extent ldc, bool accumulate, const T* bias) {
  using P = product<V>;
  using B = blocks<T>;
  const extent depth = k <= B::depth ? k : even_part(k, B::depth, 4);
  const extent columns = even_part(n, B::all_columns, P::nr), rows = even_part(m, B::rows, tallest<V>);
  // A packed operand is written once and read n / nr (or m / tallest) times: that must pay for it.
  const bool a_by_rows = a.column_stride == 1;
  const bool a_in_place = (a_by_rows || a.row_stride == 1) && (n <= 2 * width<V> || ((a_by_rows || n <= 128 || m * k <= 16384) && !collides<T>(a_by_rows ? a.row_stride : a.column_stride)));
  const bool b_in_place = b.column_stride == 1 && b.row_stride > 0 && (m <= 2 * tallest<V> || (m <= 2 * B::rows && reads_well(b, depth)));
  const bool b_is_kept = !b_in_place && m > rows;  // for the next rows of A
  const scratch<T> packed_a(a_in_place ? 0 : P::block_size(rows, depth)), packed_b(b_is_kept ? columns * depth : 0);
  for (extent j = 0; j < n; j += columns)
    for (extent p = 0; p < k; p += depth) {
      P part{};
      part.m = m;
      part.n = std::min(columns, n - j);
      part.k = std::min(depth, k - p);
      part.a = {a.at(0, p), a.row_stride, a.column_stride};
      part.b = {b.at(p, j), b.row_stride, b.column_stride};
      part.c = c + j;
      part.ldc = ldc;
      part.bias = p == 0 && bias != nullptr ? bias + j : nullptr;
      part.accumulate = accumulate || p > 0;
      part.packed_a = packed_a.data();
      part.packed_b = packed_b.data();
      part.b_in_place = b_in_place;
      part.run();
    }
}

}  // namespace detail

/// C = A·B (+ bias on every row), or C += A·B, with registers V; m, n and k are positive.
template <class V, class T = lane_t<V>>
void gemm(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate, const T* bias) {
  using P = detail::product<V>;
  using B = detail::blocks<T>;
  if (m <= 3 && detail::suits_gemv<V>(k, b)) {
    for (extent i = 0; i < m; ++i)
      detail::gemv<V>(n, k, a.at(i, 0), a.column_stride, b, c + i * ldc, 1, accumulate, bias, 1);
    return;
  }
  if (n <= 3 && detail::suits_gemv<V>(k, a.transposed())) {
    for (extent j = 0; j < n; ++j)
      detail::gemv<V>(m, k, b.at(0, j), b.row_stride, a.transposed(), c + j, ldc, accumulate,
                      bias == nullptr ? nullptr : bias + j, 0);
    return;
  }
  // One or two columns beyond whole registers would take a register each time: they are dot products along rows of A.
  if (const extent rest = n % width<V>; n > 2 * width<V> && rest > 0 && rest <= 2 && width<V> > 4 && a.column_stride == 1 && k >= width<V>) {
    simd::gemm<V>(m, n - rest, k, a, b, c, ldc, accumulate, bias);
    return simd::gemm<V>(m, rest, k, a, matrix<T>{b.at(0, n - rest), b.row_stride, b.column_stride}, c + n - rest, ldc, accumulate, bias == nullptr ? nullptr : bias + n - rest);
  }
  if (!accumulate && detail::is_narrow<V>(m, n, k, a, b)) {
    const scratch<T> turned(n * m);
    simd::gemm<V>(n, m, k, b.transposed(), a.transposed(), turned.data(), m, false, static_cast<const T*>(nullptr));
    return detail::turn<V>(turned.data(), m, n, c, ldc, bias);
  }
  if (detail::is_small<V>(m, n, k, b)) return detail::multiply_small<V>(m, n, k, a, b, c, ldc, accumulate, bias);
  // Each thread packs what it needs: that costs less than waiting for each other. How C is cut changes nothing in the order of sums.
  // A large product is cut twice as fine: whoever was held up has less to finish.
  const extent threads = num_threads(), tasks = std::max<extent>(1, m * n * k / B::task);
  const extent parts = threads == 1 ? 1 : std::min(tasks, tasks < 64 * threads ? threads : 2 * threads);
  // Each row of parts packs B, and each column of them reads A: the squarer they are, the less.
  extent by_rows = 1;
  while (by_rows * 2 <= parts && by_rows * 2 * by_rows * n <= parts * m && m >= by_rows * 16 * detail::tallest<V>) by_rows *= 2;
  const extent columns = detail::even_part(n, (n * by_rows + parts - 1) / parts, P::nr);
  const extent across = (n + columns - 1) / columns, rows = detail::even_part(m, (m * across + parts - 1) / parts, detail::tallest<V>), down = (m + rows - 1) / rows;
  parallel_for(down * across, 1, [&](extent begin, extent end) {
    for (extent t = begin; t < end; ++t) {
      const extent i = t / across * rows, j = t % across * columns;
      detail::multiply_blocks<V>(std::min(rows, m - i), std::min(columns, n - j), k, {a.at(i, 0), a.row_stride, a.column_stride}, {b.at(0, j), b.row_stride, b.column_stride}, c + i * ldc + j,
                                 ldc, accumulate, bias == nullptr ? nullptr : bias + j);
    }
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
