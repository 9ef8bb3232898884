// SPDX-License-Identifier: BSL-1.0
#pragma once
// The geometry of windows that slide over the last two axes, as run-time numbers: what convolutions and poolings compute with.

#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

#include <algorithm>

namespace tessera::backend {

/// One axis that a window slides along.
struct sliding {
  extent input, output, kernel;
  extent stride = 1, padding = 0, dilation = 1;

  /// Where tap i of output o reads; what lies outside [0, input) is padding.
  [[nodiscard]] TESSERA_FN constexpr extent at(extent o, extent i) const noexcept { return o * stride - padding + i * dilation; }
  [[nodiscard]] TESSERA_FN constexpr bool holds(extent position) const noexcept { return position >= 0 && position < input; }
  /// The taps of output o that lie inside: [first, last).
  [[nodiscard]] TESSERA_FN constexpr extent first_tap(extent o) const noexcept { return at(o, 0) >= 0 ? 0 : (dilation - 1 - at(o, 0)) / dilation; }
  [[nodiscard]] TESSERA_FN constexpr extent last_tap(extent o) const noexcept {
    const extent room = input - at(o, 0);
    if (room > (kernel - 1) * dilation) return kernel;  // nearly always: no division
    return room <= 0 ? 0 : (room + dilation - 1) / dilation;
  }
  /// The output whose tap i reads a position; -1 where there is none.
  [[nodiscard]] TESSERA_FN constexpr extent reader(extent position, extent i) const noexcept {
    const extent from = position + padding - i * dilation;
    return from >= 0 && from % stride == 0 && from / stride < output ? from / stride : -1;
  }
  /// The outputs whose taps all lie inside: [first, last).
  [[nodiscard]] constexpr extent first_whole() const noexcept { return std::min(output, (padding + stride - 1) / stride); }
  [[nodiscard]] constexpr extent last_whole() const noexcept {
    const extent room = input - 1 - (kernel - 1) * dilation + padding;
    return room < 0 ? first_whole() : std::clamp(room / stride + 1, first_whole(), output);
  }
};

/// Planes, the last two axes of x, that a window is moved over one by one.
struct pooling {
  extent planes;
  sliding rows, columns;

  [[nodiscard]] TESSERA_FN constexpr extent x_plane() const noexcept { return rows.input * columns.input; }
  [[nodiscard]] TESSERA_FN constexpr extent y_plane() const noexcept { return rows.output * columns.output; }
};

/// x [images, groups·in, rows.input, columns.input] with w [groups·out, in, rows.kernel, columns.kernel] gives
/// y [images, groups·out, rows.output, columns.output], all row-major.
struct convolution {
  extent images, groups, in, out;
  sliding rows, columns;

  [[nodiscard]] TESSERA_FN constexpr extent x_plane() const noexcept { return rows.input * columns.input; }
  [[nodiscard]] TESSERA_FN constexpr extent y_plane() const noexcept { return rows.output * columns.output; }
  [[nodiscard]] TESSERA_FN constexpr extent taps() const noexcept { return rows.kernel * columns.kernel; }
  [[nodiscard]] TESSERA_FN constexpr extent x_size() const noexcept { return images * groups * in * x_plane(); }
  [[nodiscard]] TESSERA_FN constexpr extent w_size() const noexcept { return groups * out * in * taps(); }
  [[nodiscard]] TESSERA_FN constexpr extent y_size() const noexcept { return images * groups * out * y_plane(); }
};

}  // namespace tessera::backend
