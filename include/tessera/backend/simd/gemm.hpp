// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products in registers: a tile of C stays in registers while k runs, B (and A where it pays) is packed into
// panels that are read in order, and the loops around it keep the panels in cache. After Goto and van de Geijn, "Anatomy
// of high-performance matrix multiplication" (2008), and Van Zee and van de Geijn, "BLIS" (2015).

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/simd/gemm_kernel.hpp>
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
[[nodiscard]] inline extent even_part(extent total, extent most, extent unit) {
  const extent parts = (total + most - 1) / most;
  return ((total + parts - 1) / parts + unit - 1) / unit * unit;
}

// Rows whose addresses agree in the bits that choose a cache set evict each other.
template <class T>
[[nodiscard]] bool collides(extent stride) {
  const extent bytes = stride * static_cast<extent>(sizeof(T));
  return bytes != 0 && bytes % 2048 == 0;
}

// One block of C: what the tasks share.
template <class V>
struct product {
  using T = lane_t<V>;
  static constexpr extent nr = 2 * width<V>;

  extent m, n, k;
  matrix<T> a, b;
  T* c;
  extent ldc;
  const T* bias;
  bool accumulate;
  T* packed_a;  // null: read in place
  T* packed_b;  // a panel for every nr columns; full panels may instead be read in place
  bool b_in_place;

  // The last panel has one register only where that is enough.
  [[nodiscard]] extent panel(extent column) const { return n - column <= nr / 2 ? nr / 2 : nr; }
  [[nodiscard]] bool in_place(extent column) const { return b_in_place && column + panel(column) <= n; }

  void pack_columns(extent first, extent last) const {  // panels
    for (extent j = first * nr; j < std::min(n, last * nr); j += nr)
      if (!in_place(j))
        pack<V>(packed_b + j * k, panel(j), b.at(0, j), b.column_stride, b.row_stride, std::min(nr, n - j), k);
  }

  void pack_rows(extent first, extent last) const {
    for (extent i = first; i < last;) {
      const int h = height<V>(last - i);
      pack<V>(packed_a + i * k, h, a.at(i, 0), a.row_stride, a.column_stride, h, k);
      i += h;
    }
  }

  // Rows [top, bottom), whose first is where a packed block starts, times the panels [first, last).
  void multiply(extent top, extent bottom, extent first, extent last) const {
    for (extent j = first * nr; j < std::min(n, last * nr); j += nr) {
      const int columns = static_cast<int>(std::min(nr, n - j));
      const T* from_b = in_place(j) ? b.at(0, j) : packed_b + j * k;
      const extent step_b = in_place(j) ? b.row_stride : panel(j);
      for (extent i = top; i < bottom;) {
        const int h = height<V>(bottom - i);
        const T* from_a = packed_a != nullptr ? packed_a + i * k : a.at(i, 0);
        const extent across = packed_a != nullptr ? 1 : a.row_stride;
        const extent along = packed_a != nullptr ? h : a.column_stride;
        const T* add = bias != nullptr ? bias + j : nullptr;
        run_tile<V>(h, columns, {k, from_a, across, along, from_b, step_b, c + i * ldc + j, ldc, add, accumulate});
        i += h;
      }
    }
  }

  void run() const {
    using B = blocks<T>;
    const extent panels = (n + nr - 1) / nr;
    const extent block = even_part(m, B::rows, tallest<V>), row_blocks = (m + block - 1) / block;
    const extent tasks = std::clamp<extent>(m * n * k / B::task, 1, 128);
    const extent group = std::max<extent>(1, panels * row_blocks / std::max(tasks, row_blocks));
    const extent groups = (panels + group - 1) / group;
    const bool alone = tasks == 1;
    if (!b_in_place || n % (nr / 2) != 0) {
      const auto work = [this](extent begin, extent end) { pack_columns(begin, end); };
      parallel_for(panels, alone ? panels : std::max<extent>(1, 16384 / (k * nr)), work);
    }
    if (packed_a != nullptr) {
      const auto work = [&](extent begin, extent end) {
        for (extent i = begin; i < end; ++i) pack_rows(i * block, std::min(m, (i + 1) * block));
      };
      parallel_for(row_blocks, alone ? row_blocks : 1, work);
    }
    const auto work = [&](extent begin, extent end) {
      for (extent t = begin; t < end; ++t) {
        const extent i = t / groups * block, j = t % groups * group;
        multiply(i, std::min(m, i + block), j, std::min(panels, j + group));
      }
    };
    parallel_for(row_blocks * groups, alone ? row_blocks * groups : 1, work);
  }
};

}  // namespace detail

/// C = A·B (+ bias on every row), or C += A·B, with registers V; m, n and k are positive.
template <class V, class T = lane_t<V>>
void gemm(extent m, extent n, extent k, matrix<T> a, matrix<T> b, T* c, extent ldc, bool accumulate, const T* bias) {
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
  const extent depth = std::min(k, detail::even_part(k, B::depth, 4));
  const extent columns = detail::even_part(n, B::all_columns, P::nr), rows = std::min(m, B::all_rows);
  // A packed operand is written once and read n / nr (or m / tallest) times: that must pay for it.
  const bool a_in_order = a.column_stride == 1 || a.row_stride == 1;
  const extent a_jump = a.column_stride == 1 ? a.row_stride : a.column_stride;
  const bool a_in_place = a_in_order && (n <= P::nr || (n <= 5 * P::nr && !detail::collides<T>(a_jump)));
  const bool b_is_small = m <= 128 && k * n <= 32768 && !detail::collides<T>(b.row_stride);
  const bool b_in_place = b.column_stride == 1 && (m <= 2 * detail::tallest<V> || b_is_small);
  const bool no_panels = b_in_place && n % (P::nr / 2) == 0;
  const scratch<T> packed_a(a_in_place ? 0 : rows * depth), packed_b(no_panels ? 0 : columns * depth);
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
