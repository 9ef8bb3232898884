// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images copied with their padding, so that what one tap of a kernel reads for successive results is contiguous: a tap is then
// nothing but an offset. A stride of s splits an axis into s planes, each of every s-th element.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/window.hpp>

#include <algorithm>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// Zeros from `to` on, before `end`.
template <class V, class T = lane_t<V>>
void clear(T* to, const T* end) {
  for (; to < end; to += width<V>) store_part(to, V(T(0)), static_cast<int>(std::min<extent>(end - to, width<V>)));
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

  // Rows [begin, end) of a plane that lie in x, unit stride, each with the zeros behind it. What a register writes beyond them is written
  // again by the rows that follow.
  template <class T>
  void copy_rows(const T* x, extent begin, extent end, extent first, extent last, T* to, const T* stop) const {
    using V = simd_register<T>;
    constexpr extent W = width<V>;
    const T* from = x + (begin - rows.padding) * columns.input + first - columns.padding;
    to += begin * columns.size + first;
    for (extent r = begin; r < end; ++r, from += columns.input, to += columns.size)
      for (extent j = 0; j < columns.size; j += W) {
        const V some = load_part<V>(from + j, static_cast<int>(std::clamp<extent>(last - first - j, 0, W)), T(0));
        store_part(to + j, some, static_cast<int>(std::clamp<extent>(stop - to - j, 0, W)));
      }
  }

  /// Copies one channel; what lies between this and the next is 0 too, for registers read beyond an image.
  template <class T>
  void copy_channel(const T* x, T* to) const {
    using V = simd_register<T>;
    T* const stop = to + channel<T>();
    for (extent a = 0; a < rows.planes; ++a)
      for (extent b = 0; b < columns.planes; ++b, to += plane()) {
        const extent top = rows.first(a), bottom = rows.last(a), first = columns.first(b), last = columns.last(b);
        if (top == bottom || first == last) {
          clear<V>(to, to + plane());
          continue;
        }
        clear<V>(to, to + top * columns.size + first);
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
        clear<V>(to + bottom * columns.size, to + plane());
      }
    clear<V>(to, stop);
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
