// SPDX-License-Identifier: BSL-1.0
#pragma once
// Writing safetensors: the bytes that the Python package writes.

#include <tessera/io/file.hpp>
#include <tessera/io/json.hpp>
#include <tessera/io/order.hpp>
#include <tessera/io/record.hpp>
#include <tessera/io/safetensors/format.hpp>
#include <tessera/io/size.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::io {

namespace detail::safetensors {

[[noreturn]] TESSERA_COLD_ONCE void refuse(std::initializer_list<message_part> why) {
  raise<value_error>({"tessera::io::encode_safetensors: ", message(why)});
}

TESSERA_COLD_ONCE void check(const entry& e) {
  if (!json::is_utf8(e.name)) refuse({"the name of a tensor is not UTF-8"});
  if (e.name == "__metadata__") refuse({"a tensor cannot be named ", shown{e.name}});
  const auto needed = checked_bytes({e.shape.begin(), e.shape.end()}, 8 * static_cast<int>(size_of(e.type)));
  if (needed != e.bytes.size())
    refuse({"tensor ", shown{e.name}, " of shape ", e.shape, " and dtype ", name_of(e.type), " has ", e.bytes.size(), " bytes"});
  if (e.type == dtype::boolean && !are_booleans(e.bytes)) refuse({"tensor ", shown{e.name}, " has a bool that is neither 0 nor 1"});
}

/// Checks the tensors and gives their numbers as the Python package sorts them: large elements first, then by name.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> sorted(std::span<const entry> entries) {
  for (const entry& e : entries) check(e);
  const name_list names(entries.data(), entries.size());
  if (const std::size_t twin = first_twin(sorted_names(names), names); twin != names.size()) refuse({"two tensors are named ", shown{names[twin]}});
  return sorted_indices(names.size(), [&](std::size_t a, std::size_t b) {
    const format *of_a = format_of(entries[a].type), *of_b = format_of(entries[b].type);
    return of_a != of_b ? of_a > of_b : names[a] < names[b];
  });
}

TESSERA_COLD_ONCE void append(std::string& out, std::initializer_list<message_part> parts) {
  for (const message_part& part : parts) part.append_to(out);
}

/// Everything before the first tensor's bytes.
[[nodiscard]] TESSERA_COLD_ONCE std::string head_of(std::span<const entry> entries, const std::vector<std::size_t>& order, const metadata& text) {
  std::string out(sizeof(std::uint64_t), '\0');
  const char* before = "{";  // what separates this from what came last
  if (!text.empty()) {
    before = "{\"__metadata__\":{";
    for (const auto& [key, value] : text) {
      if (!json::is_utf8(key) || !json::is_utf8(value)) refuse({"the metadata is not UTF-8"});
      append(out, {std::exchange(before, ","), json::quoted{key}, ':', json::quoted{value}});
    }
    out += '}';
  }
  std::uint64_t at = 0;
  for (const std::size_t i : order) {
    const entry& e = entries[i];
    append(out, {std::exchange(before, ","), json::quoted{e.name}, ":{\"dtype\":\"", format_of(e.type)->name, "\",\"shape\":["});
    for (int axis = 0; axis < e.shape.rank; ++axis) append(out, {axis == 0 ? "" : ",", e.shape[axis]});
    append(out, {"],\"data_offsets\":[", at, ',', at + e.bytes.size(), "]}"});
    at += e.bytes.size();
  }
  append(out, {order.empty() && text.empty() ? "{}" : "}"});
  out.resize((out.size() + 7) / 8 * 8, ' ');
  const std::uint64_t header_size = out.size() - sizeof header_size;
  if (header_size > max_header) refuse({"a header of ", header_size, " bytes is too large"});
  std::memcpy(out.data(), &header_size, sizeof header_size);
  return out;
}

/// The parts of a file, in order; the first is `head`, which is written here.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::span<const std::byte>> pieces_of(std::span<const entry> entries, const metadata& text, std::string& head) {
  const std::vector<std::size_t> order = sorted(entries);
  head = head_of(entries, order, text);
  std::vector<std::span<const std::byte>> pieces(1 + order.size());
  pieces[0] = std::as_bytes(std::span(head));
  for (std::size_t k = 0; k < order.size(); ++k) pieces[k + 1] = entries[order[k]].bytes;
  return pieces;
}

}  // namespace detail::safetensors

/// A safetensors file, byte for byte what the Python package writes for these tensors, in whatever order they are given.
///   error  value_error where a name is no UTF-8, occurs twice or is __metadata__, or bytes do not fit shape and dtype
///   like   safetensors.numpy.save
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::byte> encode_safetensors(std::span<const entry> entries, const metadata& text = {}) {
  std::string head;
  std::vector<std::byte> out;
  for (const auto piece : detail::safetensors::pieces_of(entries, text, head)) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

/// Writes a safetensors file atomically: a reader finds the old file or the new one.
///   error  value_error as encode_safetensors; io_error naming the file and the reason
///   like   safetensors.torch.save_file
TESSERA_COLD_ONCE void write_safetensors(const std::filesystem::path& file, std::span<const entry> entries, const metadata& text = {}) {
  std::string head;
  write_file(file, detail::safetensors::pieces_of(entries, text, head));
}

}  // namespace tessera::io
