// SPDX-License-Identifier: BSL-1.0
#pragma once
// Element types, their names and sizes.

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace tessera {

/// The element types a tensor can have, as a run-time value.
enum class dtype : std::uint8_t { float32, float64, int32, int64, uint8, boolean };

/// Is T an element type?
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> ||
                  std::same_as<T, std::int64_t> || std::same_as<T, std::uint8_t> || std::same_as<T, bool>;

/// The run-time value that stands for T.
template <Element T>
inline constexpr dtype dtype_of = std::same_as<T, float>          ? dtype::float32
                                  : std::same_as<T, double>       ? dtype::float64
                                  : std::same_as<T, std::int32_t> ? dtype::int32
                                  : std::same_as<T, std::int64_t> ? dtype::int64
                                  : std::same_as<T, std::uint8_t> ? dtype::uint8
                                                                  : dtype::boolean;

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(dtype t) noexcept {
  switch (t) {
    case dtype::float64:
    case dtype::int64: return 8;
    case dtype::float32:
    case dtype::int32: return 4;
    default: return 1;
  }
}

/// PyTorch's name of a dtype, without the "torch." in front: "float32", "bool".
[[nodiscard]] constexpr const char* name_of(dtype t) noexcept {
  switch (t) {
    case dtype::float32: return "float32";
    case dtype::float64: return "float64";
    case dtype::int32: return "int32";
    case dtype::int64: return "int64";
    case dtype::uint8: return "uint8";
    default: return "bool";
  }
}

}  // namespace tessera
