// SPDX-License-Identifier: BSL-1.0
#pragma once
// The adjoint of a convolution with respect to its weight: sums over the pixels of images.

#include <tessera/backend/simd/convolution_dots.hpp>
#include <tessera/backend/simd/correlate_channels.hpp>
#include <tessera/backend/simd/winograd_convolution.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

// dw as a product over pixels: rows are the taps of all channels of x, each x itself from where the tap begins; columns are channels of
// dy, packed in panels of [pixels, channels].
template <class V, class T = lane_t<V>>
struct weight_product {
  static constexpr extent block = 24;  // rows, which the height of every tile divides

  const convolution& c;
  padded_image padded{padded_for(c.rows), padded_for(c.columns)};
  extent channel = padded.channel<T>(), rows = c.in * c.taps(), blocks_of_rows = (rows + block - 1) / block, pixels = c.y_plane();
  channel_panels<V> panels{c.out};

  [[nodiscard]] extent columns() const { return panels.registers * width<V>; }
  [[nodiscard]] extent units() const { return c.groups * panels.count * blocks_of_rows; }
  [[nodiscard]] extent sums() const { return c.groups * blocks_of_rows * block * columns(); }

  // dy of one image and group. A few pixels at a time: what is written stays in the level-1 cache.
  void pack_dy(const T* dy, T* to) const {
    constexpr extent some = 128;
    for (extent p = 0; p < panels.count; ++p) {
      const extent first = panels.first(p) * width<V>, wide = panels.first(p + 1) * width<V> - first;
      for (extent q = 0; q < pixels; q += some) {
        const extent count = std::min(some, pixels - q);
        pack<V>(to, wide, dy + first * pixels + q, pixels, 1, std::min(wide, c.out - first), count);
        to += count * wide;
      }
    }
  }

  // Units [begin, end) of one group and panel, over some images, which are in the level-2 cache together.
  void multiply(extent begin, extent end, extent images, const T* x, const extent* place, const extent* shift, const T* dy, T* sum, bool first_images) const {
    constexpr T zeros[most_channels<V> * width<V>] = {};
    const extent panel = begin / blocks_of_rows % panels.count, group = begin / blocks_of_rows / panels.count;
    const extent registers = panels.first(panel + 1) - panels.first(panel), wide = registers * width<V>, before_panel = panels.first(panel) * width<V>;
    T* const of_panel = sum + blocks_of_rows * block * (group * columns() + before_panel);
    for (extent image = 0; image < images; ++image) {
      const T* images_channels = x + (image * c.groups + group) * c.in * channel;
      const T* panel_of_dy = dy + ((image * c.groups + group) * columns() + before_panel) * pixels;
      for (extent unit = begin; unit < end; ++unit) {
        const extent row = unit % blocks_of_rows * block;
        const T* from[block + most_results];
        for (extent r = 0; r < block; ++r) from[r] = images_channels + place[std::min(row + r, rows - 1)];
        const extent count = std::min(block, rows - row);
        T* const to = of_panel + row * wide;
        const bool start = first_images && image == 0;
        channel_tiles<V>(registers, pixels, from, count, shift, panel_of_dy, start ? zeros : to, start ? 0 : wide, to);
      }
    }
  }

  // From rows of channels to [groups, out, rows].
  void deliver(const T* sum, T* dw) const {
    parallel_for(c.groups * panels.count, std::max<extent>(1, 16384 / (rows * columns())), [&](extent begin, extent end) {
      for (extent u = begin; u < end; ++u) {
        const extent group = u / panels.count, panel = u % panels.count, first = panels.first(panel) * width<V>, wide = panels.first(panel + 1) * width<V> - first;
        transpose_block<V>(dw + (group * c.out + first) * rows, rows, sum + blocks_of_rows * block * (group * columns() + first), wide, rows, std::min(wide, c.out - first));
      }
    });
  }
};

}  // namespace detail

/// dw of dy and x; every extent is positive.
template <class V, class T = lane_t<V>>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  if (detail::winograd::pays<V>(c)) return detail::winograd::convolve_weight<V>(c, dy, x, dw);
  const detail::weight_product<V> product{c};
  // Few rows or channels fill little of a tile.
  const bool by_dots = width<V> > 1 && (product.rows <= 16 || !product.panels.suit());
  const extent channels = c.groups * c.in, x_image = channels * product.channel, y_image = by_dots ? 0 : c.groups * product.columns() * product.pixels;
  const extent some = detail::images_at_a_time<T>(c.images, x_image + y_image), beyond = 2 * width<V>;
  const scratch<T> sum(by_dots ? 0 : product.sums()), copy(some * x_image + beyond), packed(some * y_image);
  const scratch<extent> place(product.rows), shift(product.pixels);
  for (extent r = 0; r < product.rows; ++r)
    place.data()[r] = r / c.taps() * product.channel + product.padded.offset(r % c.taps() / c.columns.kernel, r % c.columns.kernel);
  for (extent q = 0; q < product.pixels; ++q) shift.data()[q] = q / c.columns.output * product.padded.columns.size + q % c.columns.output;
  if (by_dots) std::fill_n(dw, c.w_size(), T(0));
  for (extent first = 0; first < c.images; first += some) {
    const extent images = std::min(some, c.images - first);
    const T* dy_first = dy + first * c.groups * c.out * product.pixels;
    product.padded.copy(x + first * channels * c.x_plane(), images * channels, copy.data(), beyond);
    if (by_dots) {
      detail::add_dots<V>(c, product.padded, images, copy.data(), dy_first, dy + c.y_size(), dw);
      continue;
    }
    parallel_for(images * c.groups, std::max<extent>(1, 16384 / (c.out * product.pixels)), [&](extent begin, extent end) {
      for (extent i = begin; i < end; ++i) product.pack_dy(dy_first + i * c.out * product.pixels, packed.data() + i * product.columns() * product.pixels);
    });
    const extent worth = detail::blocks<T>::task / (images * product.pixels * product.block * std::min<extent>(c.out, 4 * width<V>));
    parallel_for(product.units(), std::max<extent>(1, worth), [&](extent begin, extent end) {
      while (begin < end) {  // one group and panel after the other
        const extent stop = std::min(end, (begin / product.blocks_of_rows + 1) * product.blocks_of_rows);
        product.multiply(begin, stop, images, copy.data(), place.data(), shift.data(), packed.data(), sum.data(), first == 0);
        begin = stop;
      }
    });
  }
  if (!by_dots) product.deliver(sum.data(), dw);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
