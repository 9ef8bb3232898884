// SPDX-License-Identifier: BSL-1.0
#pragma once
// The numbers of the safetensors format, for its reader and its writer.

#include <tessera/core/config.hpp>
#include <tessera/io/json.hpp>
#include <tessera/numeric/dtype.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera::io {

namespace detail::safetensors {

static_assert(std::endian::native == std::endian::little, "tessera: a safetensors file is little endian, this machine is not");

inline constexpr std::uint64_t max_header = 100'000'000;
inline constexpr std::size_t max_axes = 64;

struct format {
  std::string_view name;
  int bits;
  std::optional<dtype> type;
};

// In the order of the Python package, which writes the last first.
inline constexpr format formats[] = {
    {"BOOL", 8, dtype::boolean}, {"F4", 4, {}}, {"F6_E2M3", 6, {}}, {"F6_E3M2", 6, {}}, {"U8", 8, dtype::uint8}, {"I8", 8, {}},
    {"F8_E5M2", 8, {}}, {"F8_E4M3", 8, {}}, {"F8_E8M0", 8, {}}, {"F8_E4M3FNUZ", 8, {}}, {"F8_E5M2FNUZ", 8, {}},
    {"I16", 16, {}}, {"U16", 16, {}}, {"F16", 16, {}}, {"BF16", 16, {}}, {"I32", 32, dtype::int32}, {"U32", 32, {}},
    {"F32", 32, dtype::float32}, {"C64", 64, {}}, {"F64", 64, dtype::float64}, {"I64", 64, dtype::int64}, {"U64", 64, {}}};

[[nodiscard]] constexpr const format* format_of(dtype type) {
  const format* f = formats;
  while (f->type != type) ++f;
  return f;
}

// Every byte of a bool must be 0 or 1: to C++ any other has no meaning.
[[nodiscard]] TESSERA_COLD_ONCE bool are_booleans(std::span<const std::byte> bytes) {
  for (const std::byte b : bytes)
    if (b > std::byte{1}) return false;
  return true;
}

/// A name as messages show it: quoted, and not longer than fits in one.
struct shown {
  std::string_view name;
};
TESSERA_COLD_ONCE void describe(std::string& out, const shown& s) {
  constexpr std::size_t most = 100;
  out += json::quote(s.name.substr(0, most));
  if (s.name.size() > most) out += "...";
}

}  // namespace detail::safetensors

}  // namespace tessera::io
