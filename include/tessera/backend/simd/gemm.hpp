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

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

// Sizes in elements of the parts of A, B and of k that are in cache together. All depend on the extents only.
template <class T>
struct blocks {
  static constexpr extent depth = 2048 / static_cast<extent>(sizeof(T));  // a panel of B fits the level-2 cache
  static constexpr extent rows = 144;              // rows x depth of A take 300 kB of a level-2 cache
  static constexpr extent all_rows = 3072;         // packed at a time
  static constexpr extent all_columns = 2048;      // likewise
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

// One block of C: what the tasks share.
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
  T* packed_b;  // all panels, shared by the blocks of rows; null: each packs what it needs
  bool b_in_place;

  [[nodiscard]] extent panel(extent column) const { return panel_of<V>(n - column); }
  // Behind the panels of nr columns there may be one of two registers, and one of what is left.
  [[nodiscard]] extent panels() const { return n / nr + (n % nr == 0 ? 0 : 1) + (panel(n / nr * nr) < n % nr ? 1 : 0); }
  /// Where a panel begins, or n behind the last.
  [[nodiscard]] extent start(extent p) const { return p >= panels() ? n : p <= n / nr ? p * nr : n / nr * nr + 2 * W; }
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

  // Rows [top, bottom) times the panels [first, last); from_a is where the rows lie packed, if they do. `alone`: nobody else
  // works on this product, so that panels for all blocks of rows are packed when the first one needs them.
  void multiply(extent top, extent bottom, const T* from_a, extent first, extent last, bool alone) const {
    constexpr extent room = 16384 / sizeof(T), line = 64 / sizeof(T);
    alignas(64) T small[room];
    const extent end = start(last);
    const bool packs_own = packed_b == nullptr && !b_in_place;
    const bool packs_shared = packed_b != nullptr && alone && top == 0;
    const scratch<T> large(packs_own && k * nr > room ? k * nr : 0);
    end_of_panel<V> end_of_b;
    T* const own = large.data() != nullptr ? large.data() : small;
    tile<T> t{k, nullptr, 1, 1, nullptr, 0, nullptr, ldc, nullptr, accumulate, 0, 0, nullptr, 0};
    if (from_a == nullptr) {
      t.across = a.row_stride;
      t.along = a.column_stride;
    }
    extent next_row = from_a != nullptr && alone ? bottom : m;  // of A, that the next block will pack
    for (extent j = start(first); j < end; j += panel(j)) {
      const extent then = j + panel(j);
      t.columns = static_cast<int>(std::min(then, n) - j);
      T* const packed_here = packed_b != nullptr ? packed_b + j * k : own;
      if (b_in_place) {
        end_of_b.read_in_place(t, b, j, n, k);
      } else {
        t.b = packed_here;
        t.step = panel(j);
        if (packs_shared || packs_own) pack_panel(j, packed_here);
      }
      t.bias = bias != nullptr ? bias + j : nullptr;
      // While these tiles are computed, what comes next is fetched: of the next panel a line of every row (or a column, where
      // those are contiguous) by each tile, then rows of A.
      const bool next_is_packed = packed_b != nullptr && !packs_shared, by_rows = next_is_packed || b.column_stride == 1;
      const T* const next = next_is_packed ? packed_b + then * k : b.at(0, then);
      const extent next_row_step = next_is_packed ? panel(then) : b.row_stride, next_step = by_rows ? line : b.column_stride;
      const extent to_fetch = then >= n ? 0 : by_rows ? (panel(then) + line - 1) / line : std::min(panel(then), n - then);
      extent fetched = 0;
      const T* packed = from_a;
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
        t.ahead = t.b;
        t.ahead_step = t.ahead_next = 0;
        const int halves = t.columns > 2 * W && s.height > 4 ? 2 : 1;
        if (fetched < to_fetch) {
          t.ahead = next + fetched * next_step;
          t.ahead_step = next_row_step;
          t.ahead_next = next_step;
          fetched += halves;
        } else if (next_row < m) {
          const extent rows = a.row_stride == 1 ? line : 1;
          t.ahead = a.at(next_row, 0);
          t.ahead_step = a.column_stride;
          t.ahead_next = rows * a.row_stride;
          next_row += halves * rows;
        }
        run_tile<V>(s.height, t);
        i = s.row + s.height;
      }
    }
  }

  void run() const {
    using B = blocks<T>;
    const extent all = panels();
    const extent block = even_part(m, B::rows, tallest<V>), row_blocks = m <= block ? 1 : (m + block - 1) / block;
    const extent tasks = std::clamp<extent>(m * n * k / B::task, 1, 128);
    if (tasks == 1 || num_threads() == 1) {
      for (extent i = 0; i < m; i += block) {
        const extent bottom = std::min(m, i + block);
        if (packed_a != nullptr) pack_rows(i, bottom, packed_a);
        multiply(i, bottom, packed_a, 0, all, true);
      }
      return;
    }
    if (packed_b != nullptr)
      parallel_for(all, std::max<extent>(1, 16384 / (k * nr)), [this](extent begin, extent end) {
        for (extent j = start(begin); j < start(end); j += panel(j)) pack_panel(j, packed_b + j * k);
      });
    if (packed_a != nullptr)
      parallel_for(row_blocks, 1, [&](extent begin, extent end) {
        for (extent i = begin; i < end; ++i) pack_rows(i * block, std::min(m, (i + 1) * block), packed_a + i * block_size(block, k));
      });
    const extent group = std::max<extent>(1, all * row_blocks / std::max(tasks, row_blocks)), groups = (all + group - 1) / group;
    parallel_for(row_blocks * groups, 1, [&](extent begin, extent end) {
      for (extent t = begin; t < end; ++t) {
        const extent i = t / groups, j = t % groups * group;
        multiply(i * block, std::min(m, (i + 1) * block), packed_a == nullptr ? nullptr : packed_a + i * block_size(block, k), j, std::min(all, j + group), false);
      }
    });
  }
};

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
  if (!accumulate && detail::is_narrow<V>(m, n, k, a, b)) {
    const scratch<T> turned(n * m);
    simd::gemm<V>(n, m, k, b.transposed(), a.transposed(), turned.data(), m, false, static_cast<const T*>(nullptr));
    return detail::turn<V>(turned.data(), m, n, c, ldc, bias);
  }
  if (detail::is_small<V>(m, n, k, b)) return detail::multiply_small<V>(m, n, k, a, b, c, ldc, accumulate, bias);
  const extent depth = k <= B::depth ? k : detail::even_part(k, B::depth, 4);
  const extent columns = detail::even_part(n, B::all_columns, P::nr), rows = std::min(m, B::all_rows);
  // A packed operand is written once and read n / nr (or m / tallest) times: that must pay for it.
  const bool a_by_rows = a.column_stride == 1;
  const bool a_in_place = (a_by_rows || a.row_stride == 1) && (n <= 2 * width<V> || ((a_by_rows || n <= 128 || m * k <= 16384) && !detail::collides<T>(a_by_rows ? a.row_stride : a.column_stride)));
  const bool b_in_place = b.column_stride == 1 && b.row_stride > 0 && (m <= 24 || (m <= 2 * B::rows && !detail::collides<T>(b.row_stride)));
  const bool b_is_shared = !b_in_place && m > B::rows;
  const extent blocks_of_rows = (rows + B::rows - 1) / B::rows;
  const scratch<T> packed_a(a_in_place ? 0 : (rows + 2 * detail::tallest<V> * blocks_of_rows) * depth), packed_b(b_is_shared ? columns * depth : 0);
  for (extent j = 0; j < n; j += columns)
    for (extent p = 0; p < k; p += depth)
      for (extent i = 0; i < m; i += rows) {
        P part{};
        part.m = std::min(rows, m - i);
        part.n = std::min(columns, n - j);
        part.k = std::min(depth, k - p);
        part.a = {a.at(i, p), a.row_stride, a.column_stride};
        part.b = {b.at(p, j), b.row_stride, b.column_stride};
        part.c = c + i * ldc + j;
        part.ldc = ldc;
        part.bias = p == 0 && bias != nullptr ? bias + j : nullptr;
        part.accumulate = accumulate || p > 0;
        part.packed_a = packed_a.data();
        part.packed_b = packed_b.data();
        part.b_in_place = b_in_place;
        part.run();
      }
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
