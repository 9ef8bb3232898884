// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reading safetensors: nothing in the file is believed, and every byte of it must have a meaning.

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
#include <limits>
#include <map>
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
  std::vector<extent> shape;
  std::uint64_t begin = 0, end = 0;
};

struct header {
  std::vector<description> tensors;
  metadata text;
};

[[nodiscard]] TESSERA_COLD_ONCE description read_description(json::reader& json, std::string name) {
  description d{std::move(name), nullptr, {}, 0, 0};
  bool has_shape = false, has_offsets = false;
  const auto once = [&](bool seen) {
    if (seen) json.fail({"tensor ", shown(d.name), " has a field twice"});
  };
  json.object([&](const std::string& field) {
    if (field == "dtype") {
      once(d.kind != nullptr);
      const std::string kind = json.string();
      const auto* known = std::find_if(std::begin(formats), std::end(formats), [&](const format& f) { return f.name == kind; });
      if (known == std::end(formats)) json.fail({"tensor ", shown(d.name), " has the unknown dtype ", shown(kind)});
      d.kind = known;
    } else if (field == "shape") {
      once(std::exchange(has_shape, true));
      json.array([&] {
        const std::uint64_t size = json.integer();
        if (size > static_cast<std::uint64_t>(std::numeric_limits<extent>::max())) json.fail({"tensor ", shown(d.name), " has an extent that is too large"});
        if (d.shape.size() == max_axes) json.fail({"tensor ", shown(d.name), " has too many axes"});
        d.shape.push_back(static_cast<extent>(size));
      });
    } else if (field == "data_offsets") {
      once(std::exchange(has_offsets, true));
      int count = 0;
      json.array([&] {
        const std::uint64_t offset = json.integer();
        if (++count == 1) d.begin = offset;
        else d.end = offset;
      });
      if (count != 2) json.fail({"tensor ", shown(d.name), " must have two data_offsets"});
    } else {
      json.skip();
    }
  });
  if (d.kind == nullptr || !has_shape || !has_offsets) json.fail({"tensor ", shown(d.name), " lacks dtype, shape or data_offsets"});
  return d;
}

[[nodiscard]] TESSERA_COLD_ONCE header read_header(std::string_view text, const std::string& where) {
  header h;
  json::reader json(text, where + "header: ");
  if (!text.starts_with('{')) json.fail("expected {");
  bool has_text = false;
  json.object([&](std::string name) {
    if (name != "__metadata__") return h.tensors.push_back(read_description(json, std::move(name)));
    if (std::exchange(has_text, true)) json.fail("__metadata__ occurs twice");
    json.object([&](std::string key) {
      if (!h.text.emplace(key, json.string()).second) json.fail({"__metadata__ has the key ", shown(key), " twice"});
    });
  });
  json.end();
  return h;
}

/// Checks that the tensors have different names and fill the data section; gives their numbers in the order of their offsets.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> check_layout(const std::vector<description>& tensors, std::uint64_t data_size, const std::string& where) {
  const auto name = [&](std::size_t i) { return std::string_view(tensors[i].name); };
  if (const std::size_t twin = first_twin(sorted_names(tensors.size(), name), name); twin != tensors.size())
    raise<io_error>({where, "two tensors are named ", shown(name(twin))});
  std::vector<std::size_t> order = sorted_indices(tensors.size(), [&](std::size_t i, std::size_t j) {
    const description &a = tensors[i], &b = tensors[j];
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : name(i) < name(j);
  });
  std::uint64_t filled = 0;
  for (const std::size_t i : order) {
    const description& d = tensors[i];
    const auto refuse = [&](std::initializer_list<message_part> why) { raise<io_error>({where, "tensor ", shown(d.name), ' ', message(why)}); };
    const std::string place = message({'[', d.begin, ", ", d.end, ')'});
    if (d.end < d.begin) refuse({"ends before it begins: ", place});
    if (d.end > data_size) refuse({"lies at bytes ", place, " of ", data_size});
    if (d.begin < filled) refuse({"at bytes ", place, " overlaps another"});
    if (d.begin > filled) refuse({"at bytes ", place, " leaves a hole behind byte ", filled});
    const std::optional<std::uint64_t> needed = checked_bytes(d.shape, d.kind->bits);
    if (!needed) refuse({"has a shape whose size is no number of bytes"});
    if (*needed != d.end - d.begin) refuse({"has ", d.end - d.begin, " bytes, its shape and dtype need ", *needed});
    filled = d.end;
  }
  if (filled != data_size) raise<io_error>({where, data_size - filled, " bytes follow the last tensor"});
  return order;
}

[[nodiscard]] TESSERA_COLD_ONCE record decode(record::memory hold, std::string_view file) {
  const std::string where = "tessera::io::read_safetensors: " + std::string(file) + ": ";
  const std::span<const std::byte> bytes(*hold);
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size) raise<io_error>({where, "too short to be a safetensors file: ", bytes.size(), " bytes"});
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  const std::uint64_t rest = bytes.size() - sizeof header_size;
  if (header_size > max_header) raise<io_error>({where, "a header of ", header_size, " bytes: not a safetensors file"});
  if (header_size > rest)
    raise<io_error>({where, "truncated: a header of ", header_size, " bytes, of which ", rest, " are there"});
  const auto header_bytes = bytes.subspan(sizeof header_size, static_cast<std::size_t>(header_size));
  const auto data = bytes.subspan(sizeof header_size + header_bytes.size());
  header h = read_header({reinterpret_cast<const char*>(header_bytes.data()), header_bytes.size()}, where);

  std::vector<entry> entries(h.tensors.size());
  std::size_t readable = 0;
  std::map<std::string, std::string, std::less<>> refused;
  for (const std::size_t i : check_layout(h.tensors, data.size(), where)) {
    description& d = h.tensors[i];
    const auto part = data.subspan(static_cast<std::size_t>(d.begin), static_cast<std::size_t>(d.end - d.begin));
    if (!d.kind->type || d.shape.size() > max_rank) {
      std::string why = message({file, ": tensor ", shown(d.name),
                                 d.kind->type ? message({" has ", d.shape.size(), " axes, the most is ", max_rank})
                                              : message({" has the dtype ", d.kind->name, ", which tessera lacks"})});
      refused.emplace(std::move(d.name), std::move(why));
      continue;
    }
    if (d.kind->type == dtype::boolean && !are_booleans(part))
      raise<io_error>({where, "tensor ", shown(d.name), " has a BOOL that is neither 0 nor 1"});
    extents shape;
    for (const extent e : d.shape) shape.push_back(e);
    entries[readable++] = {std::move(d.name), *d.kind->type, shape, part};
  }
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(readable), entries.end());
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
  return detail::safetensors::decode(std::make_shared<const std::vector<std::byte>>(read_file(file)), file.string());
}

}  // namespace tessera::io
