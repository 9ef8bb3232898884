// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions by 3 x 3 through the transforms of winograd.hpp: 36 matrix products over channels, whose rows are tiles. Channels lie in the
// lanes of registers, and as many tiles are transformed at a time as stay in the level-2 cache until their results are back.

#include <tessera/backend/simd/gemm.hpp>
#include <tessera/backend/simd/padded.hpp>
#include <tessera/backend/simd/winograd.hpp>
#include <tessera/backend/window.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail::winograd {

/// One side of a convolution: planes of one group, on which tile (i, j) begins at pixel (4i, 4j) less the padding.
struct side {
  extent channels, groups, rows, columns, row_padding = 0, column_padding = 0;
  extent plane = rows * columns, image = groups * channels * plane;

  /// Channels filled up to whole registers, and from point to point of so many tiles: an odd number of registers, for cache sets.
  template <class V>
  [[nodiscard]] extent wide() const {
    return (channels + width<V> - 1) / width<V> * width<V>;
  }
  template <class V>
  [[nodiscard]] extent spot(extent tiles) const {
    return (tiles * wide<V>() / width<V> | 1) * width<V>;
  }
};

/// How the tiles of a convolution are numbered: rows of tiles, image by image.
template <class V>
struct tiling {
  using T = lane_t<V>;
  side x, y;
  extent images, groups, down, across;

  explicit tiling(const convolution& c)
      : x{c.in, c.groups, c.rows.input, c.columns.input, c.rows.padding, c.columns.padding}, y{c.out, c.groups, c.rows.output, c.columns.output}, images(c.images), groups(c.groups),
        down((y.rows + tile - 1) / tile), across((y.columns + tile - 1) / tile) {}

  [[nodiscard]] extent rows() const { return images * down; }
  [[nodiscard]] extent weights() const { return spots * y.spot<V>(x.channels); }  // of one group
  /// Rows of tiles at a time: what lies in the level-2 cache, in at least so many parts.
  [[nodiscard]] extent rows_at_a_time(extent parts) const {
    constexpr extent room = (extent{1} << 20) / static_cast<extent>(sizeof(T));
    // Where the transformed weights do not lie in that cache too, they are read for more tiles; but no more than some megabytes of these.
    const extent numbers = spots * (x.wide<V>() + y.wide<V>()), fewest = weights() > room ? std::clamp<extent>(16 * room / numbers, 4 * tallest<V>, 16 * tallest<V>) : 4 * tallest<V>;
    const extent most = std::max(fewest, std::min<extent>(room / numbers, 8 * tallest<V>));
    return even_part(rows(), std::max<extent>(1, std::min(most / across, (rows() + parts - 1) / parts)), 1);
  }
  /// Room for one register of channels of the pixels that a row of tiles reads or writes, and one more.
  [[nodiscard]] static extent pixels(const side& s) { return (points * s.columns + 1) * width<V>; }
};

/// Where the pixels of a tile lie in a part of planes that begins at row `first`; those outside lie behind it.
template <int N>
struct places {
  extent at[N * N];

  places(const side& s, extent first, extent end, extent row, extent column, extent wide) {
    const extent outside = (end - first) * s.columns * wide;
    for (int i = 0; i < N; ++i) {
      const extent line = row + i < first || row + i >= end ? -1 : (row + i - first) * s.columns * wide;
      for (int j = 0; j < N; ++j) at[i * N + j] = line < 0 || column + j < 0 || column + j >= s.columns ? outside : line + (column + j) * wide;
    }
  }
};

/// to[point][tile][channel] of rows [begin, end) of tiles; `from` is the group in the first image. A register of channels of one row of
/// tiles at a time lies in the level-1 cache.
template <class V, class F, class T = lane_t<V>>
void spread(F f, const tiling<V>& t, const side& s, const T* from, extent begin, extent end, T* pixels, T* to, extent spot) {
  constexpr extent W = width<V>;
  const extent wide = s.wide<V>();
  for (extent r = begin; r < end; ++r, to += t.across * wide) {
    const extent row = r % t.down * tile - s.row_padding, first = std::clamp<extent>(row, 0, s.rows), last = std::clamp<extent>(row + F::from, first, s.rows), size = (last - first) * s.columns;
    const T* planes = from + r / t.down * s.image + first * s.columns;
    store_lanes(pixels + size * W, V(T(0)));
    for (extent q = 0; q < wide; q += W, planes += W * s.plane) {
      transpose_matrix<V>(pixels, W, planes, s.plane, std::min(W, s.channels - q), size, false);
      for (extent j = 0; j < t.across; ++j) {
        T* const point = to + j * wide + q;
        const places<F::from> place(s, first, last, row, j * tile - s.column_padding, W);
        transform<V>(f, [&](int p) TESSERA_INLINE_LAMBDA { return load<V>(pixels + place.at[p]); }, [&](int p, V v) TESSERA_INLINE_LAMBDA { store_lanes(point + p * spot, v); });
      }
    }
  }
}

/// The results of rows [begin, end) of tiles from from[point][tile][channel]. The bias has an element for each lane.
template <class V, class T = lane_t<V>>
void collect(const tiling<V>& t, const T* from, extent spot, const T* bias, extent begin, extent end, T* pixels, T* to) {
  constexpr extent W = width<V>;
  const side& s = t.y;
  const extent wide = s.wide<V>();
  for (extent r = begin; r < end; ++r, from += t.across * wide) {
    const extent row = r % t.down * tile, last = std::min(s.rows, row + tile);
    T* planes = to + r / t.down * s.image + row * s.columns;
    for (extent q = 0; q < wide; q += W, planes += W * s.plane) {
      const V start = load<V>(bias + q);
      for (extent j = 0; j < t.across; ++j) {
        const T* point = from + j * wide + q;
        const places<tile> place(s, row, last, row, j * tile, W);
        transform<V>(to_results{}, [&](int p) TESSERA_INLINE_LAMBDA { return load<V>(point + p * spot); },
                     [&](int p, V v) TESSERA_INLINE_LAMBDA { store_lanes(pixels + place.at[p], V(v + start)); });
      }
      transpose_matrix<V>(planes, s.plane, pixels, W, (last - row) * s.columns, std::min(W, s.channels - q), false);
    }
  }
}

/// u[group][point][input][output] of taps that lie at w[group·.. + input·from_input + output·from_output], in reverse order for an adjoint.
template <class V, class T = lane_t<V>>
void spread_taps(const tiling<V>& t, const T* w, extent from_input, extent from_output, bool reversed, T* u) {
  const extent in = t.x.channels, out = t.y.channels, wide = t.y.template wide<V>(), spot = t.y.template spot<V>(in);
  parallel_for(t.groups * in, std::max<extent>(1, 4096 / wide), [&](extent begin, extent end) {
    const scratch<T> nine(9 * wide);
    for (extent i = begin; i < end; ++i) {
      pack<V>(nine.data(), wide, w + i / in * 9 * in * out + i % in * from_input, from_output, 1, out, 9);
      T* const to = u + i / in * t.weights() + i % in * wide;
      for (extent q = 0; q < wide; q += width<V>)
        transform<V>(of_taps{}, [&](int p) TESSERA_INLINE_LAMBDA { return load<V>(nine.data() + (reversed ? 8 - p : p) * wide + q); },
                     [&](int p, V v) TESSERA_INLINE_LAMBDA { store_lanes(to + p * spot + q, v); });
    }
  });
}

/// y = x * u + bias.
template <class V, class T = lane_t<V>>
void correlate(const tiling<V>& t, const T* x, const T* u, const T* bias, T* y) {
  const extent in = t.x.channels, out = t.y.channels, wide_x = t.x.template wide<V>(), wide_y = t.y.template wide<V>();
  const extent rows = t.rows_at_a_time((num_threads() + t.groups - 1) / t.groups), blocks = (t.rows() + rows - 1) / rows;
  const extent spot_x = t.x.template spot<V>(rows * t.across), spot_y = t.y.template spot<V>(rows * t.across), spot_u = t.y.template spot<V>(in);
  parallel_for(t.groups * blocks, 1, [&](extent begin, extent end) {
    const scratch<T> pixels(std::max(t.pixels(t.x), t.pixels(t.y))), points_x(spots * spot_x), points_y(spots * spot_y), start(wide_y);
    std::fill_n(pixels.data(), t.pixels(t.x), T(0));  // lanes without a channel
    for (extent b = begin; b < end; ++b) {
      const extent group = b / blocks, first = b % blocks * rows, last = std::min(t.rows(), first + rows), tiles = (last - first) * t.across;
      std::fill_n(start.data(), wide_y, T(0));
      if (bias != nullptr) std::copy_n(bias + group * out, out, start.data());
      spread<V>(of_pixels{}, t, t.x, x + group * in * t.x.plane, first, last, pixels.data(), points_x.data(), spot_x);
      for (extent s = 0; s < spots; ++s)
        multiply_blocks<V>(tiles, wide_y, in, {points_x.data() + s * spot_x, wide_x, 1}, {u + group * t.weights() + s * spot_u, wide_y, 1}, points_y.data() + s * spot_y, wide_y, false,
                           static_cast<const T*>(nullptr));
      collect<V>(t, points_y.data(), spot_y, start.data(), first, last, pixels.data(), y + group * out * t.y.plane);
    }
  });
}

/// dw of dy and x: the sums over tiles of their transforms' products. Tiles are cut in segments that are summed by themselves, as many as their sums
/// leave room for; threads share these, and the channels of x where there are more threads, for which dy is transformed again.
template <class V, class T = lane_t<V>>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  const tiling<V> t(c);
  const extent in = c.in, out = c.out, wide = t.y.template wide<V>(), spot_u = t.y.template spot<V>(in), rows = t.rows_at_a_time(1), blocks = (t.rows() + rows - 1) / rows;
  constexpr extent room = (extent{1} << 22) / static_cast<extent>(sizeof(T));
  const extent segments = std::clamp<extent>(room / t.weights(), 1, std::min<extent>(4, blocks));
  const extent parts = std::clamp<extent>((num_threads() + segments * c.groups - 1) / (segments * c.groups), 1, std::max<extent>(1, in / 64)), channels = even_part(in, (in + parts - 1) / parts, width<V>);
  const scratch<T> sums(segments * c.groups * t.weights());
  parallel_for(segments * c.groups * parts, 1, [&](extent begin, extent end) {
    side some = t.x;
    some.channels = channels;
    const extent spot_x = some.template spot<V>(rows * t.across), spot_y = t.y.template spot<V>(rows * t.across);
    const scratch<T> pixels(std::max(t.pixels(t.x), t.pixels(t.y))), points_x(spots * spot_x), points_y(spots * spot_y);
    std::fill_n(pixels.data(), std::max(t.pixels(t.x), t.pixels(t.y)), T(0));  // lanes without a channel
    for (extent u = begin; u < end; ++u) {
      const extent first = u % parts * channels, group = u / parts % c.groups, segment = u / parts / c.groups;
      some.channels = std::min(channels, in - first);
      if (some.channels <= 0) continue;
      const extent from = segment * blocks / segments * rows, to = std::min(t.rows(), (segment + 1) * blocks / segments * rows), wide_x = some.template wide<V>();
      T* const sum = sums.data() + (segment * c.groups + group) * t.weights() + first * wide;
      for (extent r = from; r < to; r += rows) {
        const extent last = std::min(to, r + rows);
        spread<V>(of_pixels{}, t, some, x + (group * in + first) * t.x.plane, r, last, pixels.data(), points_x.data(), spot_x);
        spread<V>(of_results{}, t, t.y, dy + group * out * t.y.plane, r, last, pixels.data(), points_y.data(), spot_y);
        for (extent s = 0; s < spots; ++s)
          multiply_blocks<V>(some.channels, wide, (last - r) * t.across, {points_x.data() + s * spot_x, 1, wide_x}, {points_y.data() + s * spot_y, wide, 1}, sum + s * spot_u, wide, r > from,
                             static_cast<const T*>(nullptr));
      }
    }
  });
  parallel_for(c.groups * in, std::max<extent>(1, 4096 / wide), [&](extent begin, extent end) {
    const scratch<T> nine(9 * wide);
    for (extent i = begin; i < end; ++i) {
      T* const first = sums.data() + i / in * t.weights() + i % in * wide;
      for (extent q = 0; q < wide; q += width<V>)
        transform<V>(to_taps{}, [&](int p) TESSERA_INLINE_LAMBDA {
            const T* from = first + p * spot_u + q;
            V sum = load<V>(from);
            for (extent k = 1; k < segments; ++k) sum = sum + load<V>(from + k * c.groups * t.weights());
            return sum;
          }, [&](int p, V v) TESSERA_INLINE_LAMBDA { store_lanes(nine.data() + p * wide + q, v); });
      transpose_block<V>(dw + (i / in * out * in + i % in) * 9, in * 9, nine.data(), wide, 9, out);
    }
  });
}

/// Is a convolution computed in fewer steps so than directly? A transformed number costs as much as so many multiply-adds.
template <class V>
[[nodiscard]] bool pays(const convolution& c) {
  const auto fits = [](const sliding& s) { return s.kernel == 3 && s.stride == 1 && s.dilation == 1; };
  if (width<V> == 1 || !fits(c.rows) || !fits(c.columns)) return false;
  const tiling<V> t(c);
  constexpr extent cost = 10;
  const extent products = c.in * c.out, tiles = t.rows() * t.across, transformed = tiles * (t.x.template wide<V>() + t.y.template wide<V>()) + products;
  return c.images * c.y_plane() * 9 * products > spots * (tiles * products + cost * transformed);
}

/// y = x * w + bias.
template <class V, class T = lane_t<V>>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  const tiling<V> t(c);
  const scratch<T> u(c.groups * t.weights());
  spread_taps<V>(t, w, 9, 9 * c.in, false, u.data());
  correlate<V>(t, x, u.data(), bias, y);
}

/// dx of dy and w: dy * w, with the taps in reverse order and inputs and outputs exchanged.
template <class V, class T = lane_t<V>>
void convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
  const auto turned = [](const sliding& s) { return sliding{s.output, s.input, 3, 1, 2 - s.padding, 1}; };
  const tiling<V> t(convolution{c.images, c.groups, c.out, c.in, turned(c.rows), turned(c.columns)});
  const scratch<T> u(c.groups * t.weights());
  spread_taps<V>(t, w, 9 * c.in, 9, true, u.data());
  correlate<V>(t, dy, u.data(), static_cast<const T*>(nullptr), dx);
}

}  // namespace detail::winograd

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
