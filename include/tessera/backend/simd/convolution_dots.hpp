// SPDX-License-Identifier: BSL-1.0
#pragma once
// The adjoint of a convolution with respect to its weight where that has few rows or channels: each element is a sum of products along
// rows of pixels, some channels of dy and some taps of one row of the kernel at a time.

#include <tessera/backend/matrix.hpp>
#include <tessera/backend/rows.hpp>  // load_part, fold
#include <tessera/backend/simd/gemm_kernel.hpp>  // fused
#include <tessera/backend/simd/padded.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// What add_dots reads and writes: one channel of x, some of dy.
template <class T>
struct dots {
  extent rows, columns, pitch;  // of dy, and from row to row of x
  extent plane;                 // from channel to channel of dy
  const T* stop;                // the end of all dy
  extent taps;                  // from channel to channel of the sums, in registers
};

// Neighbouring taps for some channels; the sums are registers in memory.
template <class V, int... Tap, int... O, class T = lane_t<V>>
void add_dots(const dots<T>& d, const T* x, const T* dy, T* sums, std::integer_sequence<int, Tap...>, std::integer_sequence<int, O...>) {
  constexpr int W = width<V>, taps = sizeof...(Tap);
  T order[W];
  for (int l = 0; l < W; ++l) order[l] = static_cast<T>(l);
  const extent whole = d.columns / W * W;
  const int rest = static_cast<int>(d.columns - whole);
  const V zero(T(0));
  const auto is_inside = load<V>(order) < V(static_cast<T>(rest));
  V sum[sizeof...(O)][taps];
  const auto start = [](const T* from, V* s) TESSERA_INLINE_LAMBDA { ((s[Tap] = load<V>(from + Tap * W)), ...); };
  (start(sums + O * d.taps * W, sum[O]), ...);
  for (extent r = 0; r < d.rows; ++r, x += d.pitch, dy += d.columns) {
    const auto add = [&](const V* left, V y, V* s) TESSERA_INLINE_LAMBDA { ((s[Tap] = fused(left[Tap], y, s[Tap])), ...); };
    for (extent s = 0; s < whole; s += W) {
      const V left[] = {load<V>(x + s + Tap)...};
      (add(left, load<V>(dy + O * d.plane + s), sum[O]), ...);
    }
    if (rest != 0) {  // what lies beyond the row must not be multiplied: it may be no number
      const V left[] = {V(lane::select(is_inside, load<V>(x + whole + Tap), zero))...};
      const auto last = [&](const T* from) TESSERA_INLINE_LAMBDA {
        return from + W <= d.stop ? V(lane::select(is_inside, load<V>(from), zero)) : load_part<V>(from, rest, T(0));
      };
      (add(left, last(dy + O * d.plane + whole), sum[O]), ...);
    }
  }
  const auto write = [](T* to, const V* s) TESSERA_INLINE_LAMBDA { (store_lanes(to + Tap * W, s[Tap]), ...); };
  (write(sums + O * d.taps * W, sum[O]), ...);
}

/// Adds the products of some images. x is padded, dy and dw are as the convolution has them.
template <class V, class T = lane_t<V>>
void add_dots(const convolution& c, const padded_image& padded, extent images, const T* x, const T* dy, const T* stop, T* dw) {
  constexpr int many = widest<V> == 4 ? 8 : 3;  // channels: as many as the registers hold with three taps
  using channels = std::make_integer_sequence<int, many>;
  using channel = std::make_integer_sequence<int, 1>;
  using taps = std::make_integer_sequence<int, 3>;
  constexpr extent W = width<V>;
  const dots<T> d{c.rows.output, c.columns.output, padded.columns.size, c.y_plane(), stop, c.taps()};
  const extent pieces = (c.out + many - 1) / many, size = padded.channel<T>();
  const auto add = [&](const T* from, const T* of_dy, T* to, bool some_channels, bool some_taps) {
    if (some_channels && some_taps) add_dots<V>(d, from, of_dy, to, taps{}, channels{});
    else if (some_channels) add_dots<V>(d, from, of_dy, to, channel{}, channels{});
    else if (some_taps) add_dots<V>(d, from, of_dy, to, taps{}, channel{});
    else add_dots<V>(d, from, of_dy, to, channel{}, channel{});
  };
  // A piece of the channels, and one channel of x: all images.
  parallel_for(c.groups * pieces * c.in, std::max<extent>(1, 65536 / (images * c.taps() * c.y_plane() * many)), [&](extent begin, extent end) {
    const scratch<T> sums(many * c.taps() * W);
    for (extent u = begin; u < end; ++u) {
      const extent k = u % c.in, first = u / c.in % pieces * many, group = u / c.in / pieces, count = std::min<extent>(many, c.out - first);
      std::fill_n(sums.data(), many * c.taps() * W, T(0));
      for (extent image = 0; image < images; ++image) {
        const T* from = x + ((image * c.groups + group) * c.in + k) * size;
        const T* of_dy = dy + ((image * c.groups + group) * c.out + first) * c.y_plane();
        for (extent o = 0; o < count; o += count == many ? many : 1)
          for (extent i = 0; i < c.rows.kernel; ++i)
            for (extent j = 0; j < c.columns.kernel;) {
              const bool three = c.columns.stride == 1 && c.columns.dilation == 1 && j + 3 <= c.columns.kernel;
              add(from + padded.offset(i, j), of_dy + o * c.y_plane(), sums.data() + (o * c.taps() + i * c.columns.kernel + j) * W, count == many, three);
              j += three ? 3 : 1;
            }
      }
      for (extent o = 0; o < count; ++o)
        for (extent t = 0; t < c.taps(); ++t) dw[((group * c.out + first + o) * c.in + k) * c.taps() + t] += fold<total>(load<V>(sums.data() + (o * c.taps() + t) * W), W);
    }
  });
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
