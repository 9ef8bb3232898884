// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reading safetensors: nothing in the file is believed, and every byte of it must have a meaning.

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
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::io {

namespace detail::safetensors {

struct description {
  std::string name;
  const format* kind = nullptr;
  std::size_t first_extent = 0, axes = 0;  // in the header's list
  std::uint64_t begin = 0, end = 0;
};

struct header {
  std::vector<description> tensors;
  std::vector<extent> extents;
  metadata text;

  [[nodiscard]] std::span<const extent> shape(const description& d) const { return std::span(extents).subspan(d.first_extent, d.axes); }
};

TESSERA_COLD_ONCE void read_shape(json::reader& json, description& d, std::vector<extent>& extents) {
  d.first_extent = extents.size();
  for (auto all = json.array(); json.more(all);) {
    const std::uint64_t size = json.integer();
    if (size > static_cast<std::uint64_t>(std::numeric_limits<extent>::max())) json.fail({"tensor ", shown{d.name}, " has an extent that is too large"});
    if (d.axes == max_axes) json.fail({"tensor ", shown{d.name}, " has too many axes"});
    extents.push_back(static_cast<extent>(size));
    ++d.axes;
  }
}

TESSERA_COLD_ONCE void read_offsets(json::reader& json, description& d) {
  int count = 0;
  for (auto all = json.array(); json.more(all); ++count) (count == 0 ? d.begin : d.end) = json.integer();
  if (count != 2) json.fail({"tensor ", shown{d.name}, " must have two data_offsets"});
}

TESSERA_COLD_ONCE void read_kind(json::reader& json, description& d) {
  const std::string kind = json.string();
  for (const format& f : formats)
    if (f.name == kind) d.kind = &f;
  if (d.kind == nullptr) json.fail({"tensor ", shown{d.name}, " has the unknown dtype ", shown{kind}});
}

TESSERA_COLD_ONCE void read_description(json::reader& json, description& d, std::vector<extent>& extents) {
  constexpr std::string_view fields[] = {"dtype", "shape", "data_offsets"};
  bool seen[3] = {};
  for (auto all = json.object(); json.more(all);) {
    const std::string name = json.name();
    int field = 0;
    while (field < 3 && name != fields[field]) ++field;
    if (field == 3) {
      json.skip();
      continue;
    }
    if (std::exchange(seen[field], true)) json.fail({"tensor ", shown{d.name}, " has a field twice"});
    if (field == 0) read_kind(json, d);
    else if (field == 1) read_shape(json, d, extents);
    else read_offsets(json, d);
  }
  if (!seen[0] || !seen[1] || !seen[2]) json.fail({"tensor ", shown{d.name}, " lacks dtype, shape or data_offsets"});
}

TESSERA_COLD_ONCE void read_metadata(json::reader& json, metadata& text) {
  for (auto all = json.object(); json.more(all);) {
    const std::string key = json.name();
    if (!add(text, key, json.string())) json.fail({"__metadata__ has the key ", shown{key}, " twice"});
  }
}

[[nodiscard]] TESSERA_COLD_ONCE header read_header(std::string_view text, const std::string& where) {
  header h;
  json::reader json(text, where + "header: ");
  if (!text.starts_with('{')) json.fail("expected {");
  bool has_text = false;
  for (auto all = json.object(); json.more(all);) {
    std::string name = json.name();
    if (name == "__metadata__") {
      if (std::exchange(has_text, true)) json.fail("__metadata__ occurs twice");
      read_metadata(json, h.text);
    } else {
      h.tensors.push_back({std::move(name)});
      read_description(json, h.tensors.back(), h.extents);
    }
  }
  json.end();
  return h;
}

/// Where a tensor lies, for messages.
struct place {
  std::uint64_t begin, end;
};
TESSERA_COLD_ONCE void describe(std::string& out, const place& p) { out += message({'[', p.begin, ", ", p.end, ')'}); }

/// Throws where a tensor does not lie behind the `filled` bytes of those before it, or has not the bytes that its shape needs.
TESSERA_COLD_ONCE void check_place(const header& h, const description& d, std::uint64_t filled, std::uint64_t data_size, const std::string& where) {
  const auto refuse = [&](std::initializer_list<message_part> why) { raise<io_error>({where, "tensor ", shown{d.name}, ' ', message(why)}); };
  const place at{d.begin, d.end};
  if (d.end < d.begin) refuse({"ends before it begins: ", at});
  if (d.end > data_size) refuse({"lies at bytes ", at, " of ", data_size});
  if (d.begin < filled) refuse({"at bytes ", at, " overlaps another"});
  if (d.begin > filled) refuse({"at bytes ", at, " leaves a hole behind byte ", filled});
  const std::optional<std::uint64_t> needed = checked_bytes(h.shape(d), d.kind->bits);
  if (!needed) refuse({"has a shape whose size is no number of bytes"});
  if (*needed != d.end - d.begin) refuse({"has ", d.end - d.begin, " bytes, its shape and dtype need ", *needed});
}

/// Checks that the tensors have different names and fill the data section; gives their numbers in the order of their offsets.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> check_layout(const header& h, std::uint64_t data_size, const std::string& where) {
  const name_list names(h.tensors);
  if (const std::size_t twin = first_twin(sorted_names(names), names); twin != names.size())
    raise<io_error>({where, "two tensors are named ", shown{names[twin]}});
  std::vector<std::size_t> order = sorted_indices(names.size(), [&](std::size_t i, std::size_t j) {
    const description &a = h.tensors[i], &b = h.tensors[j];
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : names[i] < names[j];
  });
  std::uint64_t filled = 0;
  for (const std::size_t i : order) {
    check_place(h, h.tensors[i], filled, data_size, where);
    filled = h.tensors[i].end;
  }
  if (filled != data_size) raise<io_error>({where, data_size - filled, " bytes follow the last tensor"});
  return order;
}

/// The header of a file, and in `data` what follows it.
[[nodiscard]] TESSERA_COLD_ONCE header split(std::span<const std::byte> bytes, std::span<const std::byte>& data, const std::string& where) {
  std::uint64_t size = 0;
  if (bytes.size() < sizeof size) raise<io_error>({where, "too short to be a safetensors file: ", bytes.size(), " bytes"});
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes = bytes.subspan(sizeof size);
  if (size > max_header) raise<io_error>({where, "a header of ", size, " bytes: not a safetensors file"});
  if (size > bytes.size()) raise<io_error>({where, "truncated: a header of ", size, " bytes, of which ", bytes.size(), " are there"});
  data = bytes.subspan(static_cast<std::size_t>(size));
  return read_header({reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size)}, where);
}

[[nodiscard]] TESSERA_COLD_ONCE record decode(record::memory hold, std::string_view file) {
  const std::string where = message({"tessera::io::read_safetensors: ", file, ": "});
  std::span<const std::byte> data;
  header h = split(*hold, data, where);
  std::vector<entry> entries(h.tensors.size());
  std::size_t readable = 0;
  metadata refused;
  for (const std::size_t i : check_layout(h, data.size(), where)) {
    description& d = h.tensors[i];
    if (!d.kind->type || d.axes > max_rank) {
      std::string why = d.kind->type ? message({file, ": tensor ", shown{d.name}, " has ", d.axes, " axes, the most is ", max_rank})
                                     : message({file, ": tensor ", shown{d.name}, " has the dtype ", d.kind->name, ", which tessera lacks"});
      add(refused, std::move(d.name), std::move(why));
      continue;
    }
    entry& e = entries[readable++];
    e.type = *d.kind->type;
    e.bytes = data.subspan(static_cast<std::size_t>(d.begin), static_cast<std::size_t>(d.end - d.begin));
    if (e.type == dtype::boolean && !are_booleans(e.bytes)) raise<io_error>({where, "tensor ", shown{d.name}, " has a BOOL that is neither 0 nor 1"});
    for (const extent size : h.shape(d)) e.shape.push_back(size);
    e.name = std::move(d.name);
  }
  while (entries.size() > readable) entries.pop_back();
  return record(std::move(hold), std::move(entries), std::move(h.text), std::move(refused));
}

}  // namespace detail::safetensors

/// The tensors of a safetensors file that is in memory, which is copied. A tensor with a dtype or a rank that this library
/// lacks is an error only when find() asks for it.
///   error  io_error that starts with the name and says what is wrong where
[[nodiscard]] TESSERA_COLD_ONCE record parse_safetensors(std::span<const std::byte> bytes, std::string_view name_for_messages) {
  return detail::safetensors::decode(std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end()), name_for_messages);
}

/// The tensors of a safetensors file.
///   error  io_error naming the file and what is wrong where
///   like   safetensors.torch.load_file
[[nodiscard]] TESSERA_COLD_ONCE record read_safetensors(const std::filesystem::path& file) {
  return detail::safetensors::decode(std::make_shared<const std::vector<std::byte>>(read_file(file)), file.native());
}

}  // namespace tessera::io
