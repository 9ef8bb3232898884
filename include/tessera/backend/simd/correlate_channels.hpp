// SPDX-License-Identifier: BSL-1.0
#pragma once
// The product of correlate.hpp with channels of y in the lanes: a tile is a few results by some registers of channels. Any results go
// together, so none is computed in vain; each tile is turned round when it is written. For many channels.

#include <tessera/backend/simd/correlate.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// The most registers of channels in a tile, and how many results go with so many: as many accumulators as leave room for a row of b, and
/// no more addresses than the other registers hold.
template <class V>
inline constexpr int most_channels = widest<V>;
template <class V>
[[nodiscard]] constexpr int results(int registers) {
  return registers == 4 || widest<V> == 2 ? 6 : 8;
}

/// Channels are cut in panels of nearly as many registers. A panel is packed as its bias and k rows.
template <class V>
struct channel_panels {
  static constexpr extent W = width<V>;
  extent m, registers = (m + W - 1) / W, count = (registers + most_channels<V> - 1) / most_channels<V>;

  /// Are the lanes filled well enough?
  [[nodiscard]] bool suit() const { return 5 * m >= 3 * registers * W; }
  [[nodiscard]] extent first(extent panel) const { return panel * registers / count; }  // in registers
  [[nodiscard]] extent size(extent k) const { return registers * W * (k + 1); }

  // b(p, channel) is w[channel·step + place[p]]; so many places follow each other `together`.
  void pack(lane_t<V>* to, extent k, const lane_t<V>* w, extent step, const extent* place, extent together, const lane_t<V>* bias) const {
    using T = lane_t<V>;
    for (extent panel = 0; panel < count; ++panel) {
      const extent from = first(panel) * W, columns = first(panel + 1) * W - from, there = std::min(columns, m - from);
      std::fill_n(to, columns, T(0));
      if (bias != nullptr) std::copy_n(bias + from, there, to);
      to += columns;
      for (extent p = 0; p < k; p += together, to += together * columns) detail::pack<V>(to, columns, w + from * step + place[p], step, 1, there, together);
    }
  }
};

// R results by N registers: to[r][channel] = before[r][channel] + Σ_p from[r][shift[p]]·b[p][channel]; rows of `before` lie `step` apart.
template <class V, int... R, int... N>
void channel_tile(extent k, const lane_t<V>* const* from, const extent* shift, const lane_t<V>* b, const lane_t<V>* before, extent step, lane_t<V>* to,
                  std::integer_sequence<int, R...>, std::integer_sequence<int, N...>) {
  using T = lane_t<V>;
  constexpr int W = width<V>, registers = sizeof...(N);
  V sum[sizeof...(R)][registers];
  const T* const x[] = {from[R]...};
  const auto start = [](const T* row, V* s) TESSERA_INLINE_LAMBDA { ((s[N] = load<V>(row + N * W)), ...); };
  (start(before + R * step, sum[R]), ...);
  for (extent p = 0; p < k; ++p, b += registers * W) {
    const extent at = shift[p];
    const V right[] = {load<V>(b + N * W)...};
    const auto row = [&](T f, V* s) TESSERA_INLINE_LAMBDA {
      const V left(f);
      ((s[N] = fused(left, right[N], s[N])), ...);
    };
    (row(x[R][at], sum[R]), ...);
  }
  const auto write = [](T* row, const V* s) TESSERA_INLINE_LAMBDA { (store_lanes(row + N * W, s[N]), ...); };
  (write(to + R * registers * W, sum[R]), ...);
}

/// The same for `count` rows and any number of registers, so many products at a time that a part of b stays in the nearer caches. `from` and
/// `to` have room for `most_results` more rows: a tile that is not full computes some again.
inline constexpr int most_results = 8;
template <class V, int N, class T = lane_t<V>>
void channel_tiles(extent k, const T* const* from, extent count, const extent* shift, const T* b, const T* before, extent step, T* to) {
  constexpr int R = results<V>(N);
  constexpr extent columns = N * width<V>;
  const extent depth = even_part(k, 65536 / static_cast<extent>(sizeof(T)) / columns, 4);
  extent p = 0;
  do {  // once even for no products, which gives `before`
    for (extent q = 0; q < count; q += R)
      channel_tile<V>(std::min(depth, k - p), from + q, shift + p, b + p * columns, before + q * step, step, to + q * columns, std::make_integer_sequence<int, R>{},
                      std::make_integer_sequence<int, N>{});
    before = to;
    step = columns;
    p += depth;
  } while (p < k);
}
template <class V, class T = lane_t<V>>
void channel_tiles(extent registers, extent k, const T* const* from, extent count, const extent* shift, const T* b, const T* before, extent step, T* to) {
  if (registers == 1) return channel_tiles<V, 1>(k, from, count, shift, b, before, step, to);
  if (registers == 2) return channel_tiles<V, 2>(k, from, count, shift, b, before, step, to);
  if constexpr (most_channels<V> > 2) {
    if (registers == 3) return channel_tiles<V, 3>(k, from, count, shift, b, before, step, to);
    channel_tiles<V, 4>(k, from, count, shift, b, before, step, to);
  }
}

/// All images and groups, as `correlations` has them; c.a holds the packed panels of each group.
template <class V, class T = lane_t<V>>
struct channel_correlations {
  static constexpr extent block = 96;  // results whose tiles share a part of b
  static constexpr extent most = most_channels<V> * width<V>;

  const correlation<T>& c;
  extent images, groups;
  const T* x;
  image_strides of_x, of_y;
  channel_panels<V> panels{c.m};
  extent plane = c.rows * c.columns;

  // Results [q, q + count) of one image, from rows of channels to planes.
  void deliver(const T* from, extent columns, extent channels, extent q, extent count, T* y) const {
    if (c.column == 1 && c.row == c.columns) return transpose_matrix<V>(y + q, c.channel, from, columns, count, channels, false);
    for (extent i = 0; i < count; ++i, ++q)
      for (extent j = 0; j < channels; ++j) y[j * c.channel + q / c.columns * c.row + q % c.columns * c.column] = from[i * columns + j];
  }

  // Results [begin, end) of all images.
  void run(extent group, extent begin, extent end) const {
    const T* from[block + most_results];
    alignas(64) T aside[(block + most_results) * most];
    extent count = 0;
    for (extent q = begin; q < end;) {
      const extent image = q / plane, in_image = q % plane, row = in_image / c.columns, column = in_image % c.columns, some = std::min(end - q, c.columns - column);
      const T* line = x + image * of_x.image + group * of_x.group + row * c.pitch + column;
      for (extent i = 0; i < some; ++i) from[count++] = line + i;
      q += some;
    }
    std::fill_n(from + count, most_results, from[count - 1]);  // a tile that is not full computes the last result again
    const T* b = c.a + group * panels.size(c.k);
    for (extent panel = 0; panel < panels.count; ++panel) {
      const extent first = panels.first(panel) * width<V>, registers = panels.first(panel + 1) - panels.first(panel), columns = registers * width<V>;
      channel_tiles<V>(registers, c.k, from, count, c.shift, b + columns, b, 0, aside);
      for (extent q = begin; q < end;) {
        const extent image = q / plane, some = std::min(end - q, (image + 1) * plane - q);
        deliver(aside + (q - begin) * columns, columns, std::min(columns, c.m - first), q % plane, some, c.y + image * of_y.image + group * of_y.group + first * c.channel);
        q += some;
      }
      b += columns * (c.k + 1);
    }
  }

  void run() const {
    if (c.m == 0 || plane <= 0) return;
    const extent all = images * plane, blocks_of_group = (all + block - 1) / block;
    const extent grain = std::max<extent>(1, blocks<T>::task / (block * c.m * std::max<extent>(1, c.k)));
    parallel_for(groups * blocks_of_group, grain, [&](extent begin, extent end) {
      for (extent u = begin; u < end; ++u) {
        const extent at = u % blocks_of_group * block;
        run(u / blocks_of_group, at, std::min(all, at + block));
      }
    });
  }
};

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
