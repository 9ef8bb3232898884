// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions as items: each has Size channels at Size places in registers, so that each number it reads is used Size times. The places of
// an item lie apart, so that neighbouring items read and write neighbouring elements.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/backend/scalar/gemm.hpp>  // wrapping
#include <tessera/backend/window.hpp>

#if TESSERA_RUNS_ITEMS

#include <cstdint>
#include <type_traits>

namespace tessera::backend::items {

/// a / b of numbers that are not negative; of small ones by a division of 32 bits, which is much quicker.
[[nodiscard]] TESSERA_FN constexpr extent quotient(extent a, extent b) {
  return (a | b) >> 32 == 0 ? static_cast<extent>(static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b)) : a / b;
}

/// Sums of products; integers wrap around.
template <class T, int Size>
struct sums_of_products {
  using number = typename scalar::detail::wrapping<T>::type;
  number sum[Size][Size];

  TESSERA_FN void start(int row, T value) {
    for (int s = 0; s < Size; ++s) sum[row][s] = static_cast<number>(value);
  }
  TESSERA_FN void add(const T* a, const T* b, const bool* counts) {
    for (int r = 0; r < Size; ++r)
      for (int s = 0; s < Size; ++s)
        if (counts[s]) sum[r][s] = static_cast<number>(sum[r][s] + static_cast<number>(a[r]) * static_cast<number>(b[s]));
  }
};

/// Where an item's tile is: channels row, row + rows, ... of a group, and places column, column + columns, ...
struct tiles {
  extent rows, columns;

  [[nodiscard]] TESSERA_FN extent group(extent tile) const { return quotient(tile, rows * columns); }
  [[nodiscard]] TESSERA_FN extent row(extent tile) const { return quotient(tile, columns) % rows; }
  [[nodiscard]] TESSERA_FN extent column(extent tile) const { return tile - quotient(tile, columns) * columns; }
  /// Channel r of a tile that begins with `row`, of n, and place r of one that begins with `column`: beyond the edge the first again,
  /// whose results are dropped.
  [[nodiscard]] TESSERA_FN extent channel(extent row, int r, extent n) const { return row + r * rows < n ? row + r * rows : row; }
  [[nodiscard]] TESSERA_FN extent place(extent column, int r, extent n) const { return column + r * columns < n ? column + r * columns : column; }
};
[[nodiscard]] constexpr tiles tiles_of(extent rows, extent columns, int size) noexcept { return {(rows + size - 1) / size, (columns + size - 1) / size}; }

/// Elements of y = x * w + bias.
template <class T, int Size>
struct tile_of_convolution {
  convolution c;
  tiles by;  // of the channels of y in a group, and of the places of all images
  const T *x, *w, *bias;
  T* y;

  TESSERA_FN void operator()(extent tile) const {
    const extent group = by.group(tile), row = by.row(tile), column = by.column(tile), plane = c.y_plane();
    sums_of_products<T, Size> sums;
    const T *from[Size], *taps[Size];
    extent top[Size], left[Size], to[Size];
    for (int r = 0; r < Size; ++r) {
      const extent o = by.channel(row, r, c.out), place = by.place(column, r, c.images * plane);
      const extent image = quotient(place, plane), at = place - image * plane, line = quotient(at, c.columns.output);
      top[r] = c.rows.at(line, 0), left[r] = c.columns.at(at - line * c.columns.output, 0);
      from[r] = x + (image * c.groups + group) * c.in * c.x_plane();
      to[r] = (image * c.groups + group) * c.out * plane + at;
      taps[r] = w + (group * c.out + o) * c.in * c.taps();
      sums.start(r, bias == nullptr ? T(0) : bias[group * c.out + o]);
    }
    extent tap = 0;
    for (extent k = 0; k < c.in; ++k)
      for (extent i = 0; i < c.rows.kernel; ++i)
        for (extent j = 0; j < c.columns.kernel; ++j, ++tap) {
          T a[Size], b[Size];
          bool counts[Size];
          for (int s = 0; s < Size; ++s) {
            const extent p = top[s] + i * c.rows.dilation, q = left[s] + j * c.columns.dilation;
            counts[s] = c.rows.holds(p) && c.columns.holds(q);
            b[s] = counts[s] ? from[s][k * c.x_plane() + p * c.columns.input + q] : T(0);
            a[s] = taps[s][tap];
          }
          sums.add(a, b, counts);
        }
    for (int r = 0; r < Size; ++r)
      for (int s = 0; s < Size; ++s)
        if (const extent o = row + r * by.rows; o < c.out && column + s * by.columns < c.images * plane) y[to[s] + o * plane] = static_cast<T>(sums.sum[r][s]);
  }
};

/// Elements of the adjoint with respect to x: what every result that reads them gives.
template <class T, int Size>
struct tile_of_input {
  convolution c;
  tiles by;  // of the channels of x in a group, and of the places of all images
  const T *dy, *w;
  T* dx;

  TESSERA_FN void operator()(extent tile) const {
    const extent group = by.group(tile), row = by.row(tile), column = by.column(tile), plane = c.x_plane();
    sums_of_products<T, Size> sums;
    const T *from[Size], *taps[Size];
    extent p[Size], q[Size], to[Size];
    for (int r = 0; r < Size; ++r) {
      const extent k = by.channel(row, r, c.in), place = by.place(column, r, c.images * plane);
      const extent image = quotient(place, plane), at = place - image * plane;
      p[r] = quotient(at, c.columns.input), q[r] = at - p[r] * c.columns.input;
      from[r] = dy + (image * c.groups + group) * c.out * c.y_plane();
      to[r] = (image * c.groups + group) * c.in * plane + at;
      taps[r] = w + (group * c.out * c.in + k) * c.taps();
      sums.start(r, T(0));
    }
    extent tap = 0;
    for (extent i = 0; i < c.rows.kernel; ++i)
      for (extent j = 0; j < c.columns.kernel; ++j, ++tap) {
        bool counts[Size], any = false;
        extent reader[Size];
        for (int s = 0; s < Size; ++s) {
          const extent line = c.rows.reader(p[s], i), at = c.columns.reader(q[s], j);
          counts[s] = line >= 0 && at >= 0;
          any = any || counts[s];
          reader[s] = counts[s] ? line * c.columns.output + at : 0;
        }
        for (extent o = 0; any && o < c.out; ++o) {
          T a[Size], b[Size];
          for (int s = 0; s < Size; ++s) {
            a[s] = taps[s][o * c.in * c.taps() + tap];
            b[s] = counts[s] ? from[s][o * c.y_plane() + reader[s]] : T(0);
          }
          sums.add(a, b, counts);
        }
      }
    for (int r = 0; r < Size; ++r)
      for (int s = 0; s < Size; ++s)
        if (const extent k = row + r * by.rows; k < c.in && column + s * by.columns < c.images * plane) dx[to[s] + k * plane] = static_cast<T>(sums.sum[r][s]);
  }
};

/// Elements of the adjoint with respect to w: sums over all images and places, by a team.
template <class T, int Size>
struct tile_of_weight {
  convolution c;
  tiles by;  // of the channels of y in a group, and of the elements that belong to each
  const T *dy, *x;
  T* dw;

  template <class Team>
  TESSERA_FN void operator()(extent tile, const Team& team) const {
    const extent group = by.group(tile), row = by.row(tile), column = by.column(tile), plane = c.y_plane(), width = c.in * c.taps();
    sums_of_products<T, Size> sums;
    extent i[Size], j[Size], from[Size], results[Size];
    for (int r = 0; r < Size; ++r) {
      const extent o = by.channel(row, r, c.out), tap = by.place(column, r, width);
      const extent k = quotient(tap, c.taps()), at = tap - k * c.taps();
      i[r] = quotient(at, c.columns.kernel), j[r] = at - i[r] * c.columns.kernel;
      from[r] = (group * c.in + k) * c.x_plane();
      results[r] = (group * c.out + o) * plane;
      sums.start(r, T(0));
    }
    for (extent place = team.lane(); place < c.images * plane; place += team.lanes()) {
      const extent image = quotient(place, plane), at = place - image * plane, line = quotient(at, c.columns.output), across = at - line * c.columns.output;
      const T *own = x + image * c.groups * c.in * c.x_plane(), *result = dy + image * c.groups * c.out * plane + at;
      T a[Size], b[Size];
      bool counts[Size];
      for (int s = 0; s < Size; ++s) {
        const extent p = c.rows.at(line, i[s]), q = c.columns.at(across, j[s]);
        counts[s] = c.rows.holds(p) && c.columns.holds(q);
        b[s] = counts[s] ? own[from[s] + p * c.columns.input + q] : T(0);
        a[s] = result[results[s]];
      }
      sums.add(a, b, counts);
    }
    for (int r = 0; r < Size; ++r)
      for (int s = 0; s < Size; ++s) {
        const auto sum = team.template combine<plain_sum>(sums.sum[r][s]);
        const extent o = row + r * by.rows, tap = column + s * by.columns;
        if (team.lane() == 0 && o < c.out && tap < width) dw[(group * c.out + o) * width + tap] = static_cast<T>(sum);
      }
  }
};

/// Calls f with the size of a tile, as a constant: where there are few elements, one, so that there are many items.
template <class F>
void with_tile_size(extent elements, extent enough, F&& f) {
  if (elements < enough) f(std::integral_constant<int, 1>{});
  else f(std::integral_constant<int, 4>{});
}

template <class T>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  with_tile_size(c.y_size(), 1 << 16, [&](auto size) {
    const tiles by = tiles_of(c.out, c.images * c.y_plane(), size);
    launch(c.groups * by.rows * by.columns, 2 * size * size * c.in * c.taps(), tile_of_convolution<T, decltype(size)::value>{c, by, x, w, bias, y});
  });
}
template <class T>
void convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
  with_tile_size(c.x_size(), 1 << 16, [&](auto size) {
    const tiles by = tiles_of(c.in, c.images * c.x_plane(), size);
    launch(c.groups * by.rows * by.columns, 2 * size * size * c.out * c.taps(), tile_of_input<T, decltype(size)::value>{c, by, dy, w, dx});
  });
}
template <class T>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  with_tile_size(c.w_size(), 1 << 12, [&](auto size) {
    const tiles by = tiles_of(c.out, c.in * c.taps(), size);
    const extent places = c.images * c.y_plane();
    launch_rows(c.groups * by.rows * by.columns, 4 * size * size * places, tile_of_weight<T, decltype(size)::value>{c, by, dy, x, dw}, places);
  });
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
