// SPDX-License-Identifier: BSL-1.0
#pragma once
// The adjoint of a convolution with respect to its weight where that has few rows or channels: each element is a sum of products along
// rows of pixels, some channels of dy and some taps of one row of the kernel at a time.

#include <tessera/backend/matrix.hpp>
#include <tessera/backend/rows.hpp>  // load_part, fold
#include <tessera/backend/simd/gemm_kernel.hpp>  // fused
#include <tessera/backend/simd/padded.hpp>
#include <tessera/backend/simd/prefetch.hpp>

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
  extent soon = 0;              // lines from `next` on that are fetched with each row
  const T* next = nullptr;
};

// Neighbouring taps for some channels; the sums are registers in memory.
template <class V, int... Tap, int... O, class T = lane_t<V>>
void add_dots(const dots<T>& d, const T* x, const T* dy, T* sums, std::integer_sequence<int, Tap...>, std::integer_sequence<int, O...>) {
  constexpr int W = width<V>, taps = sizeof...(Tap);
  // The last register of a row begins so that it ends with it, where a row is that long: nothing beyond is read.
  const bool is_long = d.columns >= W;
  const extent whole = d.columns / W * W, at = is_long ? d.columns - W : 0;
  const int rest = static_cast<int>(d.columns - whole);
  T order[W];
  for (int l = 0; l < W; ++l) order[l] = static_cast<T>(is_long ? W - 1 - l : l);
  const V zero(T(0));
  const auto is_new = load<V>(order) < V(static_cast<T>(rest));
  V sum[sizeof...(O)][taps];
  const auto start = [](const T* from, V* s) TESSERA_INLINE_LAMBDA { ((s[Tap] = load<V>(from + Tap * W)), ...); };
  (start(sums + O * d.taps * W, sum[O]), ...);
  const T* next = d.next;
  for (extent r = 0; r < d.rows; ++r, x += d.pitch, dy += d.columns) {
    for (extent i = 0; i < d.soon; ++i, next += 64 / sizeof(T)) __builtin_prefetch(next, 0, 2);
    for (extent s = 0; s < whole; s += W) {
      const auto add = [](const V* left, V y, V* to) TESSERA_INLINE_LAMBDA { ((to[Tap] = fused(left[Tap], y, to[Tap])), ...); };
      const V left[] = {load<V>(x + s + Tap)...};
      (add(left, loaded(load<V>(dy + O * d.plane + s)), sum[O]), ...);
    }
    if (rest != 0) {  // the other lanes must not be multiplied: they may be no numbers
      const auto only_new = [&](V v) TESSERA_INLINE_LAMBDA { return sizeof(V) == 64 ? v : V(lane::select(is_new, v, zero)); };
      const auto add = [&](const V* left, V y, V* to) TESSERA_INLINE_LAMBDA {
        if constexpr (sizeof(V) == 64) ((to[Tap] = lane::select(is_new, fused(left[Tap], y, to[Tap]), to[Tap])), ...);  // one instruction
        else ((to[Tap] = fused(left[Tap], y, to[Tap])), ...);
      };
      const bool is_readable = is_long || dy + (static_cast<extent>(sizeof...(O)) - 1) * d.plane + W <= d.stop;
      const auto last = [&](const T* from) TESSERA_INLINE_LAMBDA { return is_readable ? only_new(load<V>(from)) : load_part<V>(from, rest, T(0)); };
      const V left[] = {only_new(load<V>(x + at + Tap))...};
      (add(left, loaded(last(dy + O * d.plane + at)), sum[O]), ...);
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
  constexpr extent W = width<V>, line = 64 / sizeof(T);
  const extent pieces = (c.out + many - 1) / many, size = padded.channel<T>();
  const auto add = [](const dots<T>& d, const T* from, const T* of_dy, T* to, bool some_channels, bool some_taps) {
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
        // While rows of this image are read, those of the next one are fetched.
        const extent lines = image + 1 < images && count == many ? many * c.y_plane() / line + 1 : 0, for_row = (lines + c.rows.kernel * c.rows.output - 1) / (c.rows.kernel * c.rows.output);
        for (extent o = 0; o < count; o += count == many ? many : 1)
          for (extent i = 0; i < c.rows.kernel; ++i)
            for (extent j = 0; j < c.columns.kernel;) {
              const bool three = c.columns.stride == 1 && c.columns.dilation == 1 && j + 3 <= c.columns.kernel;
              const extent fetched = j == 0 ? for_row : 0;
              const dots<T> d{c.rows.output, c.columns.output, padded.columns.size, c.y_plane(), stop, c.taps(), fetched, of_dy + c.groups * c.out * c.y_plane() + i * fetched * c.rows.output * line};
              add(d, from + padded.offset(i, j), of_dy + o * c.y_plane(), sums.data() + (o * c.taps() + i * c.columns.kernel + j) * W, count == many, three);
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
