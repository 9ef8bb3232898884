// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images copied with their padding, so that what one tap of a kernel reads for successive results is contiguous: a tap is then
// nothing but an offset. A stride of s splits an axis into s planes, each of every s-th element.

#include <tessera/backend/parallel.hpp>
#include <tessera/backend/simd/transpose.hpp>  // quad
#include <tessera/backend/window.hpp>

#include <algorithm>
#include <cstring>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

// A few elements; the last register may overlap the one before.
template <class V, class T = lane_t<V>>
TESSERA_INLINE void copy_piece(const T* from, T* to, extent count) {
  constexpr int W = width<V>, Q = quad<T>;
  if (count >= W) {
    for (extent j = 0; j + W <= count; j += W) store_lanes(to + j, load<V>(from + j));
    store_lanes(to + count - W, load<V>(from + count - W));
    return;
  }
  if (W > Q && count >= Q) {
    for (extent j = 0; j + Q <= count; j += Q) std::memcpy(to + j, from + j, 16);
    std::memcpy(to + count - Q, from + count - Q, 16);
    return;
  }
  for (extent j = 0; j < count; ++j) to[j] = from[j];
}

/// One axis: element i of plane a is x[i·stride + a - padding], and 0 outside x. Padding may be negative, which crops.
struct padded_axis {
  extent input, stride, padding, planes, size;
  extent dilation = 1;

  [[nodiscard]] extent plane_of(extent tap) const { return tap * dilation % stride; }
  [[nodiscard]] extent cell_of(extent tap) const { return tap * dilation / stride; }
  /// The elements of a plane that lie in x: [first, last).
  [[nodiscard]] extent first(extent plane) const {
    const extent before = padding - plane;
    return std::clamp<extent>(before <= 0 ? 0 : (before + stride - 1) / stride, 0, size);
  }
  [[nodiscard]] extent last(extent plane) const {
    const extent before = input + padding - plane;
    return std::clamp<extent>(before <= 0 ? 0 : (before - 1) / stride + 1, first(plane), size);
  }
};

/// As many planes and elements as the taps of a window read.
[[nodiscard]] TESSERA_ONCE padded_axis padded_for(const sliding& s) {
  const extent reach = (s.kernel - 1) * s.dilation;
  return {s.input, s.stride, s.padding, std::min(s.stride, reach + 1), s.output + reach / s.stride, s.dilation};
}

struct padded_image {
  padded_axis rows, columns;

  [[nodiscard]] extent plane() const { return rows.size * columns.size; }
  /// From channel to channel: an odd number of cache lines, since channels read together must not share cache sets.
  template <class T>
  [[nodiscard]] extent channel() const {
    constexpr extent line = 64 / static_cast<extent>(sizeof(T));
    return ((rows.planes * columns.planes * plane() + line - 1) / line | 1) * line;
  }
  /// Where the taps (i, j) of the first result are.
  [[nodiscard]] extent offset(extent i, extent j) const {
    return (rows.plane_of(i) * columns.planes + columns.plane_of(j)) * plane() + rows.cell_of(i) * columns.size + columns.cell_of(j);
  }

  // Rows [begin, end) of a plane that lie in x, unit stride. A register that spills over is written again: by the zeros behind the
  // row, and those by the row that follows.
  template <class T>
  void copy_rows(const T* x, extent begin, extent end, extent first, extent last, T* to, const T* stop) const {
    using V = simd_register<T>;
    constexpr extent W = width<V>;
    const V zero(T(0));
    const T* const x_stop = x + rows.input * columns.input;
    const T* from = x + (begin - rows.padding) * columns.input + first - columns.padding;
    to += begin * columns.size + first;
    const extent count = last - first;
    for (extent r = begin; r < end; ++r, from += columns.input, to += columns.size) {
      if (from + count + W <= x_stop && to + columns.size + W <= stop) {
        for (extent j = 0; j < count; j += W) store_lanes(to + j, load<V>(from + j));
        for (extent j = count; j < columns.size; j += W) store_lanes(to + j, zero);
      } else {
        copy_piece<V>(from, to, count);
        std::fill(to + count, to + columns.size - (r + 1 == end ? first : 0), T(0));
      }
    }
  }

  /// Copies one channel; what lies between this and the next is 0 too, for registers read beyond an image.
  template <class T>
  void copy_channel(const T* x, T* to) const {
    T* const stop = to + channel<T>();
    for (extent a = 0; a < rows.planes; ++a)
      for (extent b = 0; b < columns.planes; ++b, to += plane()) {
        const extent top = rows.first(a), bottom = rows.last(a), first = columns.first(b), last = columns.last(b);
        if (top == bottom || first == last) {
          std::fill_n(to, plane(), T(0));
          continue;
        }
        std::fill_n(to, top * columns.size + first, T(0));
        if (rows.stride == 1 && columns.stride == 1) {
          copy_rows(x, top, bottom, first, last, to, stop);
        } else {
          for (extent r = top; r < bottom; ++r) {
            const T* from = x + (r * rows.stride + a - rows.padding) * columns.input + b - columns.padding;
            T* row = to + r * columns.size;
            for (extent i = first; i < last; ++i) row[i] = from[i * columns.stride];
            std::fill(row + last, row + columns.size + (r + 1 == bottom ? 0 : first), T(0));
          }
        }
        std::fill(to + bottom * columns.size, to + plane(), T(0));
      }
    std::fill(to, stop, T(0));
  }

  /// Copies channels that lie one after the other, and `beyond` zeros behind them.
  template <class T>
  void copy(const T* x, extent channels, T* to, extent beyond) const {
    const extent step = channel<T>();
    parallel_for(channels, std::max<extent>(1, 16384 / step), [&](extent begin, extent end) {
      for (extent i = begin; i < end; ++i) copy_channel(x + i * rows.input * columns.input, to + i * step);
    });
    std::fill_n(to + channels * step, beyond, T(0));
  }
};

/// How many images of so many elements are copied at a time: what stays in the level-2 cache.
template <class T>
[[nodiscard]] extent images_at_a_time(extent images, extent elements) {
  constexpr extent most = (extent{1} << 20) / static_cast<extent>(sizeof(T));
  return std::clamp<extent>(most / std::max<extent>(1, elements), 1, images);
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
