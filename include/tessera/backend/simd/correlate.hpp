// SPDX-License-Identifier: BSL-1.0
#pragma once
// y(m, r, c) = bias(m) + Σ_p a(m, p)·x(shift[p] + r·pitch + c): a matrix product whose second factor is never formed. Its row p
// is x itself from shift[p] on, seen as one line that runs on over the ends of its rows; results that no window has are dropped.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/simd/gemm.hpp>
#include <tessera/backend/simd/padded.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

template <class T>
struct correlation {
  extent m, k;
  const T* a;           // packed by pack_factor, for each group
  const extent* shift;  // [k]
  extent pitch, rows, columns;
  const T* bias;        // null, or [groups, m]
  T* y;
  extent channel, row, column;  // strides of y

  // How many products are added up at a time: as many as keep the block of a in the level-2 cache.
  [[nodiscard]] extent depth() const {
    const extent most = blocks<T>::rows * blocks<T>::depth / std::clamp<extent>(m, 16, blocks<T>::rows);
    return k == 0 ? 1 : std::min(k, even_part(k, most, 4));
  }
};

// Packed by blocks of k, in each by tiles of rows: to[p·height + row]. from(row, p) is w[row·step + place[p]]; `together` places follow each other.
template <class V, class T = lane_t<V>>
void pack_factor(T* to, extent m, extent k, extent depth, const T* w, extent step, const extent* place, extent together) {
  for (extent p = 0; p < k; p += depth) {
    const extent n = std::min(depth, k - p);
    for (extent i = 0; i < m;) {
      const int h = height<V>(m - i);
      if (together == k) {
        pack<V>(to, h, w + i * step + place[0] + p, step, 1, h, n);
      } else {
        for (extent q = 0; q < n; ++q)
          for (int r = 0; r < h; ++r) to[q * h + r] = w[(i + r) * step + place[p + q]];
      }
      to += h * n;
      i += h;
    }
  }
}

// Where the rows of a tile go: `jump` elements apart, and so many columns of the last register. The next ones lie `ahead`, if that is known.
template <class T>
struct tile_target {
  T* to;
  extent jump;
  int last;
  extent ahead = 0;
};

// R rows by N registers; each row starts with its bias.
template <class V, int... R, int... N>
void shifted_tile(extent k, const lane_t<V>* a, const lane_t<V>* x, const extent* shift, const lane_t<V>* bias, const tile_target<lane_t<V>>& t, std::integer_sequence<int, R...>,
                  std::integer_sequence<int, N...>) {
  constexpr int W = width<V>, rows = sizeof...(R), registers = sizeof...(N);
  V sum[rows][registers];
  const auto start = [](lane_t<V> at, V* row) TESSERA_INLINE_LAMBDA { ((row[N] = V(at)), ...); };
  if (bias != nullptr) (start(bias[R], sum[R]), ...);
  else (start(lane_t<V>(0), sum[R]), ...);
  const auto fetch = [ahead = t.ahead](const lane_t<V>* line) TESSERA_INLINE_LAMBDA { (__builtin_prefetch(line + ahead + N * W, 1), ...); };
  if (t.ahead != 0) (fetch(t.to + R * t.jump), ...);
  for (extent p = 0; p < k; ++p, a += rows) {
    const lane_t<V>* from = x + shift[p];
    const V right[] = {load<V>(from + N * W)...};
    const auto row = [&](lane_t<V> f, V* y) TESSERA_INLINE_LAMBDA {
      const V left(f);
      ((y[N] = fused(left, right[N], y[N])), ...);
    };
    (row(a[R], sum[R]), ...);
  }
  const auto write = [last = t.last](lane_t<V>* line, const V* row) TESSERA_INLINE_LAMBDA {
    ((N + 1 == registers ? store_part(line + N * W, row[N], last) : store_lanes(line + N * W, row[N])), ...);
  };
  (write(t.to + R * t.jump, sum[R]), ...);
}

template <class V>
void run_shifted_tile(int rows, extent k, const lane_t<V>* a, const lane_t<V>* x, const extent* shift, const lane_t<V>* bias, const tile_target<lane_t<V>>& to) {
  constexpr std::make_integer_sequence<int, 2> registers;
  switch (rows) {
    case 1: return shifted_tile<V>(k, a, x, shift, bias, to, std::make_integer_sequence<int, 1>{}, registers);
    case 2: return shifted_tile<V>(k, a, x, shift, bias, to, std::make_integer_sequence<int, 2>{}, registers);
    case 4: return shifted_tile<V>(k, a, x, shift, bias, to, std::make_integer_sequence<int, 4>{}, registers);
    case 8:
      if constexpr (tallest<V> > 8) return shifted_tile<V>(k, a, x, shift, bias, to, std::make_integer_sequence<int, 8>{}, registers);
      [[fallthrough]];
    default: return shifted_tile<V>(k, a, x, shift, bias, to, std::make_integer_sequence<int, tallest<V>>{}, registers);
  }
}

// The results among the columns of a tile: pieces of rows of y.
template <class T, int Most>
struct pieces {
  struct piece {
    int from, count;
    extent to;
  };
  piece all[Most];
  int count = 0;
  extent expected = 0;  // from the first piece to the last, if rows of y follow each other

  pieces(const correlation<T>& c, extent first) {
    const extent end = std::min(first + Most, (c.rows - 1) * c.pitch + c.columns);
    for (extent q = first; q < end;) {
      const extent r = q / c.pitch, s = q - r * c.pitch, stop = std::min(end, r * c.pitch + c.columns);
      if (q < stop) {
        if (count > 0) expected += all[count - 1].count;
        all[count++] = {static_cast<int>(q - first), static_cast<int>(stop - q), r * c.row + s * c.column};
      }
      q = (r + 1) * c.pitch;
    }
  }

  // Where rows of y follow each other, a register may spill over into the next piece, which is written after it.
  template <class V>
  void deliver(const T* from, T* y, extent column, bool accumulate) const {
    const bool in_line = column == 1 && !accumulate && count > 0 && all[count - 1].to - all[0].to == expected;
    const extent end = count == 0 ? 0 : all[count - 1].to + all[count - 1].count;
    for (int i = 0; i < count; ++i) {
      const piece& p = all[i];
      const T* source = from + p.from;
      T* to = y + p.to;
      if (in_line && p.to + (p.count + width<V> - 1) / width<V> * width<V> <= end) {
        for (int j = 0; j < p.count; j += width<V>) store_lanes(to + j, load<V>(source + j));
        continue;
      }
      if (accumulate) {
        int j = 0;
        if (column == 1)
          for (; j + width<V> <= p.count; j += width<V>) store_lanes(to + j, V(load<V>(to + j) + load<V>(source + j)));
        for (; j < p.count; ++j) to[j * column] += source[j];
      } else if (column == 1) {
        for (int j = 0; j < p.count; j += width<V>) store_part(to + j, load_part<V>(source + j, p.count - j, T(0)), p.count - j);
      } else {
        for (int j = 0; j < p.count; ++j) to[j * column] = source[j];
      }
    }
  }
};

/// Where the images and groups of x and y begin.
struct image_strides {
  extent image, group;
};

/// All images and groups. Beyond x must lie two registers of numbers that may be read.
template <class V, class T = lane_t<V>>
struct correlations {
  static constexpr int nr = 2 * width<V>;

  const correlation<T>& c;
  extent images, groups;
  const T* x;
  image_strides of_x, of_y;
  extent block = even_part(c.m, blocks<T>::rows, tallest<V>), row_blocks = (c.m + block - 1) / block;
  bool by_rows = c.column == 1 && c.k <= c.depth() && fills_tiles(c.columns);  // a tile is of one row of y, to which it is written
  extent tiles_of_row = (c.columns + nr - 1) / nr;
  extent tiles = by_rows ? c.rows * tiles_of_row : ((c.rows - 1) * c.pitch + c.columns + nr - 1) / nr;

  /// Are few columns computed in vain if no tile goes on in the next row?
  [[nodiscard]] static constexpr bool fills_tiles(extent columns) {
    const extent rest = columns % nr;
    return isa::has_masks<V> && (rest == 0 || rest > width<V>) && 5 * columns >= 4 * ((columns + nr - 1) / nr * nr);
  }

  // Tiles [begin, end) of all images, for one block of rows of a group: a part of the block is used for all of them before the next.
  void run(extent part, extent begin, extent end) const {
    const extent group = part / row_blocks, top = part % row_blocks * block, bottom = std::min(c.m, top + block), depth = c.depth();
    const T *a = c.a + group * c.m * c.k, *bias = c.bias != nullptr ? c.bias + group * c.m : nullptr;
    alignas(64) T aside[tallest<V> * nr + width<V>];  // a register may be read from the last element on
    extent p = 0;
    do {  // once even for no products, which gives the bias
      const extent n = std::min(depth, c.k - p);
      for (extent u = begin; u < end; ++u) {
        const extent image = u / tiles, tile = u % tiles;
        const T* from = x + image * of_x.image + group * of_x.group;
        T* y = c.y + image * of_y.image + group * of_y.group;
        const auto products = [&](extent first, const auto& target, const auto& deliver) {
          for (extent i = top; i < bottom;) {
            const int h = height<V>(c.m - i);
            run_shifted_tile<V>(h, n, a + p * c.m + i * n, from + first, c.shift + p, bias != nullptr && p == 0 ? bias + i : nullptr, target(i));
            deliver(i, h);
            i += h;
          }
        };
        if (by_rows) {
          const extent row = tile / tiles_of_row, column = tile % tiles_of_row * nr;
          const int last = static_cast<int>(std::min<extent>(nr, c.columns - column)) - width<V>;
          products(row * c.pitch + column, [&](extent i) { return tile_target<T>{y + i * c.channel + row * c.row + column, c.channel, last, tiles_of_row == 1 ? c.row : nr}; }, [](extent, int) {});
        } else {
          const pieces<T, nr> results(c, tile * nr);
          products(tile * nr, [&](extent) { return tile_target<T>{aside, nr, width<V>}; }, [&](extent i, int h) {
            for (int r = 0; r < h; ++r) results.template deliver<V>(aside + r * nr, y + (i + r) * c.channel, c.column, p > 0);
          });
        }
      }
      p += n;
    } while (p < c.k);
  }

  void run() const {
    if (c.m == 0 || c.rows <= 0 || c.columns <= 0) return;
    const extent each = images * tiles, parts = groups * row_blocks;  // tiles of a part
    const extent worth = std::max<extent>(1, blocks<T>::task / (std::min(block, c.m) * std::max<extent>(1, c.k) * nr));
    const extent grain = std::max(worth, parts >= 4 && each <= 64 ? each : (each + 63) / 64);
    parallel_for(parts * each, grain, [this, each](extent begin, extent end) {
      while (begin < end) {
        const extent part = begin / each, stop = std::min(end, (part + 1) * each);
        run(part, begin - part * each, stop - part * each);
        begin = stop;
      }
    });
  }
};

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
