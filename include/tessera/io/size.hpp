// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sizes that a file claims, computed without overflow.

#include <tessera/shape/extents.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace tessera::io {

/// The bytes of a row-major tensor whose elements have so many bits. Nothing where an extent is negative, the bytes are
/// not whole, or a product of extents overflows: the strides of [0, 2^62, 4] would.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_bytes(std::span<const extent> shape, int bits) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<extent>::max());
  auto total = static_cast<std::uint64_t>(bits);
  bool empty = false;
  for (const extent e : shape) {
    if (e < 0) return std::nullopt;
    const auto size = static_cast<std::uint64_t>(e);
    if (size == 0) empty = true;
    else if (total > most / size) return std::nullopt;
    else total *= size;
  }
  if (empty) return 0;
  if (total % 8 != 0) return std::nullopt;
  return total / 8;
}

}  // namespace tessera::io
