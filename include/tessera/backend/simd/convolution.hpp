// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions in registers, and their adjoints with respect to images. Images are copied once with their padding; the products are
// then formed without a copy for each tap.

#include <tessera/backend/simd/correlate_channels.hpp>
#include <tessera/backend/simd/winograd_convolution.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// The first factor of a correlation, packed for the kernel that fits its rows: channels in the lanes where they fill them, unless
/// few products go with each result and the columns of y fill the lanes too, for turning results round would cost as much as they do.
template <class V, class T = lane_t<V>>
class factor {
 public:
  factor(extent m, extent most_k, extent groups, bool in_rows)
      : panels_{m}, by_channels_(panels_.suit() && !in_rows), memory_(groups * (by_channels_ ? panels_.size(most_k) : m * most_k)) {}
  [[nodiscard]] T* data() const { return memory_.data(); }

  /// For each group g and row i, element p is w[g·group + i·step + place[p]]; `together` places follow each other.
  void pack(const correlation<T>& c, extent groups, const T* w, extent group, extent step, const extent* place, extent together) const {
    for (extent g = 0; g < groups; ++g, w += group) {
      if (by_channels_) panels_.pack(data() + g * panels_.size(c.k), c.k, w, step, place, together, c.bias == nullptr ? nullptr : c.bias + g * c.m);
      else pack_factor<V>(data() + g * c.m * c.k, c.m, c.k, c.depth(), w, step, place, together);
    }
  }
  void correlate(const correlation<T>& c, extent images, extent groups, const T* x, image_strides of_x, image_strides of_y) const {
    if (by_channels_) channel_correlations<V>{c, images, groups, x, of_x, of_y}.run();
    else correlations<V>{c, images, groups, x, of_x, of_y}.run();
  }

 private:
  channel_panels<V> panels_;
  bool by_channels_;
  scratch<T> memory_;
};

}  // namespace detail

/// y = x * w + bias; every extent is positive.
template <class V, class T = lane_t<V>>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  if (detail::winograd::pays<V>(c)) return detail::winograd::convolve<V>(c, x, w, bias, y);
  const detail::padded_image padded{detail::padded_for(c.rows), detail::padded_for(c.columns)};
  const extent channel = padded.channel<T>(), channels = c.groups * c.in, k = c.in * c.taps(), beyond = 2 * width<V>;
  const scratch<extent> shift(k);
  for (extent q = 0, p = 0; q < c.in; ++q)
    for (extent i = 0; i < c.rows.kernel; ++i)
      for (extent j = 0; j < c.columns.kernel; ++j) shift.data()[p++] = q * channel + padded.offset(i, j);

  constexpr extent few = 64;
  const detail::factor<V> factor(c.out, k, c.groups, k <= few && detail::correlations<V>::fills_tiles(c.columns.output));
  detail::correlation<T> product{c.out, k, factor.data(), shift.data(), padded.columns.size, c.rows.output, c.columns.output, bias, y, c.y_plane(), c.columns.output, 1};
  constexpr extent origin = 0;
  factor.pack(product, c.groups, w, c.out * k, k, &origin, k);

  const extent some = detail::images_at_a_time<T>(c.images, channels * channel), y_image = c.groups * c.out * c.y_plane();
  const scratch<T> copy(some * channels * channel + beyond);
  for (extent first = 0; first < c.images; first += some) {
    const extent images = std::min(some, c.images - first);
    padded.copy(x + first * channels * c.x_plane(), images * channels, copy.data(), beyond);
    product.y = y + first * y_image;
    factor.correlate(product, images, c.groups, copy.data(), {channels * channel, c.in * channel}, {y_image, c.out * c.y_plane()});
  }
}

namespace detail {

// One axis of dx. A stride of s lets the positions of one remainder mod s be reached by the same taps: a phase. Its results
// number t, counted from `low`, read element t - cell of dy.
struct adjoint_axis {
  sliding s;
  extent low = 0, high = -1;

  explicit adjoint_axis(const sliding& of) : s(of) {
    low = first(0) - (s.kernel - 1) * s.dilation / s.stride;
    for (extent a = 0; a < s.stride; ++a) {
      low = std::min(low, first(a) - (s.kernel - 1) * s.dilation / s.stride);
      high = std::max(high, last(a));
    }
  }
  [[nodiscard]] extent first(extent phase) const {  // (padding - phase) / stride, rounded up
    const extent x = s.padding - phase;
    return x > 0 ? (x + s.stride - 1) / s.stride : -(-x / s.stride);
  }
  [[nodiscard]] extent last(extent phase) const {  // (input - 1 + padding - phase) / stride, rounded down
    const extent x = s.input - 1 + s.padding - phase;
    return x >= 0 ? x / s.stride : -((-x + s.stride - 1) / s.stride);
  }
  [[nodiscard]] extent position(extent phase) const { return first(phase) * s.stride + phase - s.padding; }
  [[nodiscard]] bool reaches(extent phase, extent tap) const { return tap * s.dilation % s.stride == phase; }
  [[nodiscard]] extent from(extent phase, extent tap) const { return first(phase) - tap * s.dilation / s.stride - low; }
  [[nodiscard]] padded_axis padded() const { return {s.output, 1, -low, 1, high - low + 1}; }
};

}  // namespace detail

/// dx of dy and w: a convolution of dy for each phase of the strides, with the taps that reach it.
template <class V, class T = lane_t<V>>
void convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
  if (detail::winograd::pays<V>(c)) return detail::winograd::convolve_input<V>(c, dy, w, dx);
  const detail::adjoint_axis rows(c.rows), columns(c.columns);
  const detail::padded_image padded{rows.padded(), columns.padded()};
  const extent channel = padded.channel<T>(), channels = c.groups * c.out, most = c.out * c.taps(), beyond = 2 * width<V>;
  const extent some = detail::images_at_a_time<T>(c.images, channels * channel), x_image = c.groups * c.in * c.x_plane();
  const scratch<extent> shift(most), place(most);
  const scratch<T> copy(some * channels * channel + beyond);
  const detail::factor<V> factor(c.in, most, c.groups, false);
  detail::correlation<T> product{c.in, 0, factor.data(), shift.data(), padded.columns.size, 0, 0, nullptr, dx, c.x_plane(), c.rows.stride * c.columns.input, c.columns.stride};
  for (extent first = 0; first < c.images; first += some) {
    const extent images = std::min(some, c.images - first);
    padded.copy(dy + first * channels * c.y_plane(), images * channels, copy.data(), beyond);
    for (extent phase_r = 0; phase_r < c.rows.stride; ++phase_r)
      for (extent phase_c = 0; phase_c < c.columns.stride; ++phase_c) {
        product.rows = rows.last(phase_r) - rows.first(phase_r) + 1;
        product.columns = columns.last(phase_c) - columns.first(phase_c) + 1;
        if (product.rows <= 0 || product.columns <= 0) continue;
        extent k = 0;
        for (extent o = 0; o < c.out; ++o)
          for (extent i = 0; i < c.rows.kernel; ++i)
            for (extent j = 0; j < c.columns.kernel; ++j)
              if (rows.reaches(phase_r, i) && columns.reaches(phase_c, j)) {
                shift.data()[k] = o * channel + rows.from(phase_r, i) * padded.columns.size + columns.from(phase_c, j);
                place.data()[k++] = (o * c.in * c.rows.kernel + i) * c.columns.kernel + j;
              }
        product.k = k;
        const bool all_taps = c.rows.stride == 1 && c.columns.stride == 1;
        factor.pack(product, c.groups, w, c.in * most, c.taps(), place.data(), all_taps ? c.taps() : 1);
        product.y = dx + first * x_image + rows.position(phase_r) * c.columns.input + columns.position(phase_c);
        factor.correlate(product, images, c.groups, copy.data(), {channels * channel, c.out * channel}, {x_image, c.in * c.x_plane()});
      }
  }
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
