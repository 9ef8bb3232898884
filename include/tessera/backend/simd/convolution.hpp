// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions in registers. Images are copied once with their padding; the products are then formed without a copy for each tap.

#include <tessera/backend/rows.hpp>  // load_part
#include <tessera/backend/simd/correlate.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

/// y = x * w + bias; every extent is positive.
template <class V, class T = lane_t<V>>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  const detail::padded_image padded{detail::padded_for(c.rows), detail::padded_for(c.columns)};
  const extent channel = padded.channel<T>(), channels = c.groups * c.in, k = c.in * c.taps(), beyond = 2 * width<V>;
  const scratch<extent> shift(k);
  for (extent q = 0, p = 0; q < c.in; ++q)
    for (extent i = 0; i < c.rows.kernel; ++i)
      for (extent j = 0; j < c.columns.kernel; ++j) shift.data()[p++] = q * channel + padded.offset(i, j);

  const scratch<T> a(c.w_size());
  detail::correlation<T> product{c.out, k, a.data(), shift.data(), padded.columns.size, c.rows.output, c.columns.output, bias, y, c.y_plane(), c.columns.output, 1};
  for (extent g = 0; g < c.groups; ++g) detail::pack_factor<V>(a.data() + g * c.out * k, c.out, k, product.depth(), w + g * c.out * k, k, nullptr);

  const extent some = detail::images_at_a_time<T>(c.images, channels * channel), y_image = c.groups * c.out * c.y_plane();
  const scratch<T> copy(some * channels * channel + beyond);
  for (extent first = 0; first < c.images; first += some) {
    const extent images = std::min(some, c.images - first);
    padded.copy(x + first * channels * c.x_plane(), images * channels, copy.data(), beyond);
    product.y = y + first * y_image;
    detail::correlations<V>{product, images, c.groups, copy.data(), {channels * channel, c.in * channel}, {y_image, c.out * c.y_plane()}}.run();
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
  const detail::adjoint_axis rows(c.rows), columns(c.columns);
  const detail::padded_image padded{rows.padded(), columns.padded()};
  const extent channel = padded.channel<T>(), channels = c.groups * c.out, most = c.out * c.taps(), beyond = 2 * width<V>;
  const extent some = detail::images_at_a_time<T>(c.images, channels * channel), x_image = c.groups * c.in * c.x_plane();
  const scratch<extent> shift(most), place(most);
  const scratch<T> a(c.groups * c.in * most), copy(some * channels * channel + beyond);
  detail::correlation<T> product{c.in, 0, a.data(), shift.data(), padded.columns.size, 0, 0, nullptr, dx, c.x_plane(), c.rows.stride * c.columns.input, c.columns.stride};
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
        for (extent g = 0; g < c.groups; ++g)
          detail::pack_factor<V>(a.data() + g * c.in * k, c.in, k, product.depth(), w + g * c.in * most, c.taps(), place.data());
        product.y = dx + first * x_image + rows.position(phase_r) * c.columns.input + columns.position(phase_c);
        detail::correlations<V>{product, images, c.groups, copy.data(), {channels * channel, c.out * channel}, {x_image, c.in * c.x_plane()}}.run();
      }
  }
}

namespace detail {

// dw as products over the pixels of images: rows are channels of x seen through one tap, or for few channels the taps of one
// row of the kernel; columns are channels of dy, packed in panels.
template <class V, class T = lane_t<V>>
struct weight_product {
  const convolution& c;
  extent nr = c.out <= width<V> ? width<V> : 2 * width<V>;  // the columns of a panel
  padded_image padded{padded_for(c.rows), padded_for(c.columns)};
  bool by_taps = c.in < c.columns.kernel && c.columns.stride == 1;
  extent m = by_taps ? c.columns.kernel : c.in, families = c.in * c.taps() / m;
  extent panels = (c.out + nr - 1) / nr;
  extent channel = padded.channel<T>();

  [[nodiscard]] extent start(extent family) const {
    return by_taps ? family / c.rows.kernel * channel + padded.offset(family % c.rows.kernel, 0) : padded.offset(family / c.columns.kernel, family % c.columns.kernel);
  }
  /// Where the element of w is among the rows of the products.
  [[nodiscard]] extent row_of(extent k, extent i, extent j) const {
    return by_taps ? (k * c.rows.kernel + i) * m + j : (i * c.columns.kernel + j) * m + k;
  }

  // dy of one image and group: [panels, pixels, nr]. A few pixels at a time: what is written stays in the level-1 cache.
  void pack_dy(const T* dy, T* to) const {
    constexpr extent some = 128;
    for (extent p = 0; p < panels; ++p, dy += nr * c.y_plane())
      for (extent q = 0; q < c.y_plane(); q += some) {
        const extent count = std::min(some, c.y_plane() - q);
        pack<V>(to, nr, dy + q, c.y_plane(), 1, std::min(nr, c.out - p * nr), count);
        to += count * nr;
      }
  }

  // Panels and families [begin, end) of all groups, over some images, which are in the level-2 cache together.
  void multiply(extent begin, extent end, extent images, const T* x, const T* dy, T* to, bool before) const {
    for (extent u = begin; u < end; ++u)
      for (extent image = 0; image < images; ++image) {
        const bool accumulate = before || image > 0;
        const extent family = u % families, panel = u / families % panels, group = u / families / panels;
        const T* from = x + (image * c.groups + group) * c.in * channel + start(family);
        const T* panel_of_dy = dy + ((image * c.groups + group) * panels + panel) * c.y_plane() * nr;
        T* rows = to + (group * families + family) * m * c.out + panel * nr;
        for (extent i = 0; i < m;) {
          const int h = height<V>(m - i);
          const extent across = by_taps ? c.columns.dilation : channel;
          const int columns = static_cast<int>(std::min(nr, c.out - panel * nr));
          run_tile<V>(h, {c.columns.output, from + i * across, across, 1, panel_of_dy, nr, rows + i * c.out, c.out, nullptr, accumulate, columns, 0, panel_of_dy, 0,
                          c.rows.output, padded.columns.size - c.columns.output});
          i += h;
        }
      }
  }
};

// N taps of a row of the kernel, for one plane of x and one of dy: sums of products along rows.
template <class V, int N, class T = lane_t<V>>
void add_dots(const convolution& c, const padded_image& padded, extent i, extent j, const T* x, const T* dy, const T* dy_stop, T* dw) {
  constexpr int W = width<V>;
  T order[W];
  for (int l = 0; l < W; ++l) order[l] = static_cast<T>(l);
  const extent columns = c.columns.output, whole = columns / W * W;
  const int rest = static_cast<int>(columns - whole);
  const V zero(T(0));
  const auto is_inside = load<V>(order) < V(static_cast<T>(rest));
  const T* a[N];
  V sum[N];
  for (int t = 0; t < N; ++t) a[t] = x + padded.offset(i, j + t), sum[t] = zero;
  for (extent r = 0; r < c.rows.output; ++r, dy += columns) {
    for (extent s = 0; s < whole; s += W) {
      const V y = load<V>(dy + s);
      for (int t = 0; t < N; ++t) sum[t] = fused(load<V>(a[t] + s), y, sum[t]);
    }
    if (rest != 0) {  // what lies beyond the row must not be multiplied: it may be no number
      const V y = dy + whole + W <= dy_stop ? lane::select(is_inside, load<V>(dy + whole), zero) : load_part<V>(dy + whole, rest, T(0));
      for (int t = 0; t < N; ++t) sum[t] = fused(V(lane::select(is_inside, load<V>(a[t] + whole), zero)), y, sum[t]);
    }
    for (int t = 0; t < N; ++t) a[t] += padded.columns.size;
  }
  for (int t = 0; t < N; ++t) dw[t] += fold<total>(sum[t], W);
}

// One element of dw for each tap. For few channels, which would fill little of a panel.
template <class V, class T = lane_t<V>>
void add_dots(const convolution& c, const padded_image& padded, const T* x, const T* dy, const T* dy_stop, T* dw) {
  for (extent i = 0; i < c.rows.kernel; ++i)
    for (extent j = 0; j < c.columns.kernel;) {
      const bool three = j + 3 <= c.columns.kernel;
      if (three) add_dots<V, 3>(c, padded, i, j, x, dy, dy_stop, dw);
      else add_dots<V, 1>(c, padded, i, j, x, dy, dy_stop, dw);
      j += three ? 3 : 1;
      dw += three ? 3 : 1;
    }
}

}  // namespace detail

/// dw of dy and x.
template <class V, class T = lane_t<V>>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  const detail::weight_product<V> product{c};
  const bool by_dots = c.out < width<V> / 2 && width<V> > 1;
  const extent channels = c.groups * c.in, taps = c.taps(), x_image = channels * product.channel, beyond = 2 * width<V>;
  const extent y_image = by_dots ? 0 : c.groups * product.panels * c.y_plane() * product.nr, units = c.groups * product.panels * product.families;
  const extent some = detail::images_at_a_time<T>(c.images, x_image + y_image);
  const scratch<T> sum(by_dots ? 0 : c.w_size()), copy(some * x_image + beyond), packed(some * y_image);
  if (by_dots) std::fill_n(dw, c.w_size(), T(0));
  for (extent first = 0; first < c.images; first += some) {
    const extent images = std::min(some, c.images - first);
    const T* dy_first = dy + first * c.groups * c.out * c.y_plane();
    product.padded.copy(x + first * channels * c.x_plane(), images * channels, copy.data(), beyond);
    if (by_dots) {
      parallel_for(c.groups * c.out * c.in, std::max<extent>(1, 65536 / (images * taps * c.y_plane())), [&](extent begin, extent end) {
        for (extent u = begin; u < end; ++u)
          for (extent image = 0; image < images; ++image) {
            const extent o = u / c.in, channel = o / c.out * c.in + u % c.in;
            detail::add_dots<V>(c, product.padded, copy.data() + (image * channels + channel) * product.channel, dy_first + (image * c.groups * c.out + o) * c.y_plane(),
                                dy + c.y_size(), dw + u * taps);
          }
      });
      continue;
    }
    parallel_for(images * c.groups, std::max<extent>(1, 16384 / (c.out * c.y_plane())), [&](extent begin, extent end) {
      for (extent i = begin; i < end; ++i) product.pack_dy(dy_first + i * c.out * c.y_plane(), packed.data() + i * product.panels * c.y_plane() * product.nr);
    });
    const extent tasks = std::clamp<extent>(images * c.y_plane() * c.w_size() / (8 * detail::blocks<T>::task), 1, 64);
    parallel_for(units, (units + tasks - 1) / tasks, [&](extent begin, extent end) { product.multiply(begin, end, images, copy.data(), packed.data(), sum.data(), first > 0); });
  }
  if (by_dots) return;
  // From [groups, rows of the products, out] to [groups, out, in, taps], as many columns at a time as a cache line has.
  constexpr extent line = 64 / static_cast<extent>(sizeof(T));
  const extent row = c.in * taps, lines = (c.out + line - 1) / line;
  parallel_for(c.groups * lines, std::max<extent>(1, 16384 / (row * line)), [&](extent begin, extent end) {
    for (extent u = begin; u < end; ++u) {
      const extent group = u / lines, o = u % lines * line, count = std::min(line, c.out - o);
      T* to = dw + (group * c.out + o) * row;
      for (extent k = 0; k < c.in; ++k)
        for (extent i = 0; i < c.rows.kernel; ++i)
          for (extent j = 0; j < c.columns.kernel; ++j, ++to) {
            const T* from = sum.data() + (group * row + product.row_of(k, i, j)) * c.out + o;
            for (extent l = 0; l < count; ++l) to[l * row] = from[l];
          }
    }
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
