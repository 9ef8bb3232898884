// SPDX-License-Identifier: BSL-1.0
#pragma once
// Writing safetensors: the bytes that the Python package writes.

#include <tessera/io/file.hpp>
#include <tessera/io/json.hpp>
#include <tessera/io/order.hpp>
#include <tessera/io/record.hpp>
#include <tessera/io/safetensors/format.hpp>
#include <tessera/io/size.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
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

/// Checks the tensors and sorts them as the Python package does: large elements first, then by name.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<const entry*> sorted(std::span<const entry> entries) {
  for (const entry& e : entries) {
    if (!json::is_utf8(e.name)) refuse({"the name of a tensor is not UTF-8"});
    const std::string name = shown(e.name);
    if (e.name == "__metadata__") refuse({"a tensor cannot be named ", name});
    const auto needed = checked_bytes({e.shape.begin(), e.shape.end()}, 8 * static_cast<int>(size_of(e.type)));
    if (needed != e.bytes.size())
      refuse({"tensor ", name, " of shape ", e.shape, " and dtype ", name_of(e.type), " has ", e.bytes.size(), " bytes"});
    if (e.type == dtype::boolean && !are_booleans(e.bytes)) refuse({"tensor ", name, " has a bool that is neither 0 nor 1"});
  }
  const auto name_of_entry = [&](std::size_t i) { return std::string_view(entries[i].name); };
  if (const std::size_t twin = first_twin(sorted_names(entries.size(), name_of_entry), name_of_entry); twin != entries.size())
    refuse({"two tensors are named ", shown(entries[twin].name)});
  const auto comes_before = [&](std::size_t a, std::size_t b) {
    const format *of_a = format_of(entries[a].type), *of_b = format_of(entries[b].type);
    return of_a != of_b ? of_a > of_b : name_of_entry(a) < name_of_entry(b);
  };
  std::vector<const entry*> order;
  for (const std::size_t i : sorted_indices(entries.size(), comes_before)) order.push_back(&entries[i]);
  return order;
}

/// Everything before the first tensor's bytes.
[[nodiscard]] TESSERA_COLD_ONCE std::string head_of(const std::vector<const entry*>& order, const metadata& text) {
  std::string out(sizeof(std::uint64_t), '\0');
  const auto list = [&](char open, char close, const auto& items, auto&& write) {
    out += open;
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) out += ',';
      write(item);
    }
    out += close;
  };
  bool comma = false;
  out += '{';
  if (!text.empty()) {
    out += "\"__metadata__\":";
    list('{', '}', text, [&](const auto& pair) {
      if (!json::is_utf8(pair.first) || !json::is_utf8(pair.second)) refuse({"the metadata is not UTF-8"});
      out += message({json::quote(pair.first), ':', json::quote(pair.second)});
    });
    comma = true;
  }
  std::uint64_t at = 0;
  for (const entry* e : order) {
    if (std::exchange(comma, true)) out += ',';
    out += message({json::quote(e->name), ":{\"dtype\":\"", format_of(e->type)->name, "\",\"shape\":"});
    list('[', ']', e->shape, [&](extent size) { message_part(size).append_to(out); });
    out += message({",\"data_offsets\":[", at, ',', at + e->bytes.size(), "]}"});
    at += e->bytes.size();
  }
  out += '}';
  out.resize((out.size() + 7) / 8 * 8, ' ');
  const std::uint64_t header_size = out.size() - sizeof header_size;
  if (header_size > max_header) refuse({"a header of ", header_size, " bytes is too large"});
  std::memcpy(out.data(), &header_size, sizeof header_size);
  return out;
}

/// Calls take(pieces) with the parts of the file, in order.
template <class F>
void with_pieces(std::span<const entry> entries, const metadata& text, F&& take) {
  const std::vector<const entry*> order = sorted(entries);
  const std::string head = head_of(order, text);
  std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(head))};
  for (const entry* e : order) pieces.push_back(e->bytes);
  take(pieces);
}

}  // namespace detail::safetensors

/// A safetensors file, byte for byte what the Python package writes for these tensors, in whatever order they are given.
///   error  value_error where a name is no UTF-8, occurs twice or is __metadata__, or bytes do not fit shape and dtype
///   like   safetensors.numpy.save
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::byte> encode_safetensors(std::span<const entry> entries, const metadata& text = {}) {
  std::vector<std::byte> out;
  detail::safetensors::with_pieces(entries, text, [&](const auto& pieces) {
    for (const auto piece : pieces) out.insert(out.end(), piece.begin(), piece.end());
  });
  return out;
}

/// Writes a safetensors file atomically: a reader finds the old file or the new one.
///   error  value_error as encode_safetensors; io_error naming the file and the reason
///   like   safetensors.torch.save_file
TESSERA_COLD_ONCE void write_safetensors(const std::filesystem::path& file, std::span<const entry> entries, const metadata& text = {}) {
  detail::safetensors::with_pieces(entries, text, [&](const auto& pieces) { write_file(file, pieces); });
}

}  // namespace tessera::io
