// SPDX-License-Identifier: BSL-1.0
#pragma once
// The IDX format, in which MNIST comes: a type, a rank, the extents, then the elements, all of it big endian.

#include <tessera/core/config.hpp>
#include <tessera/io/file.hpp>
#include <tessera/io/gzip.hpp>
#include <tessera/io/size.hpp>
#include <tessera/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::io {

namespace detail::idx {

struct format {
  unsigned code;
  std::string_view name;
  int bytes;
};
inline constexpr format formats[] = {{0x08, "uint8", 1}, {0x09, "int8", 1}, {0x0B, "int16", 2}, {0x0C, "int32", 4}, {0x0D, "float32", 4}, {0x0E, "float64", 8}};

// nullptr where IDX has no such type.
template <Element T>
[[nodiscard]] constexpr const format* format_of() {
  for (const format& f : formats)
    if (f.name == name_of(dtype_of<T>)) return &f;
  return nullptr;
}

/// The bytes of a plain file, read as gzip_cursor reads those of a packed one.
class cursor {
 public:
  explicit cursor(std::span<const std::byte> file) : rest_(file) {}
  [[nodiscard]] std::size_t read(std::span<std::byte> to) {
    const std::size_t n = std::min(to.size(), rest_.size());
    if (n > 0) std::memcpy(to.data(), rest_.data(), n);
    rest_ = rest_.subspan(n);
    return n;
  }
  [[nodiscard]] std::uint64_t at_most() const noexcept { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
};

template <class Word>
void swap_if_little(std::span<Word> words) {
  if constexpr (std::endian::native == std::endian::little && sizeof(Word) > 1)
    for (Word& w : words) {
      auto bytes = std::bit_cast<std::array<std::byte, sizeof(Word)>>(w);
      std::reverse(bytes.begin(), bytes.end());
      w = std::bit_cast<Word>(bytes);
    }
}

/// Reads the head of a file and checks it against the type that is wanted.
template <class Cursor>
[[nodiscard]] TESSERA_COLD extents read_extents(Cursor& from, const format& wanted, int wanted_rank, const std::string& where) {
  std::array<std::uint8_t, 4> magic = {};
  if (from.read(std::as_writable_bytes(std::span(magic))) != magic.size()) raise<io_error>({where, "truncated: no IDX header"});
  if (magic[0] != 0 || magic[1] != 0) {
    const bool packed = magic[0] == 0x1F && magic[1] == 0x8B;
    raise<io_error>({where, "not an IDX file, which starts with two zeros", packed ? ": it is a gzip file, whose name must end in .gz" : ""});
  }
  const format* held = std::begin(formats);
  while (held != std::end(formats) && held->code != magic[2]) ++held;
  if (held == std::end(formats)) raise<io_error>({where, "not an IDX file: it has the unknown type code ", magic[2]});
  if (held != &wanted) raise<io_error>({where, "holds ", held->name, ", not ", wanted.name});
  if (magic[3] != wanted_rank) raise<io_error>({where, "has ", magic[3], " axes, not ", wanted_rank});
  std::array<std::uint32_t, max_rank> sizes = {};
  const auto used = std::span(sizes).first(magic[3]);
  if (from.read(std::as_writable_bytes(used)) != used.size_bytes()) raise<io_error>({where, "truncated: the IDX header ends early"});
  swap_if_little(used);
  extents shape;
  for (const std::uint32_t size : used) shape.push_back(size);
  return shape;
}

/// Throws where a file of which `at_most` bytes are left cannot hold the elements.
TESSERA_COLD_ONCE void check_size(const extents& shape, std::size_t element_size, std::uint64_t at_most, const std::string& where) {
  const auto needed = checked_bytes({shape.begin(), shape.end()}, 8 * static_cast<int>(element_size));
  if (!needed) raise<io_error>({where, "truncated: shape ", shape, " is too large"});
  if (*needed > at_most) raise<io_error>({where, "truncated: shape ", shape, " needs ", *needed, " bytes"});
}

/// Reads the elements, which must be the rest of the file.
template <class Cursor>
TESSERA_COLD void read_elements(Cursor& from, std::span<std::byte> to, const extents& shape, const std::string& where) {
  if (const std::size_t got = from.read(to); got != to.size())
    raise<io_error>({where, "truncated: shape ", shape, " needs ", to.size(), " bytes, not ", got});
  // Asking for one more also makes a gzip file check its sum.
  std::byte extra{};
  if (from.read({&extra, 1}) != 0) raise<io_error>({where, "bytes follow the elements of shape ", shape});
}

template <Element T, Shape S, class Cursor>
[[nodiscard]] TESSERA_COLD tensor<T, S> decode(Cursor from, const std::string& where) {
  static_assert(format_of<T>() != nullptr, "tessera::io::read_idx: an IDX file holds uint8, int32, float32 or float64");
  const extents actual = read_extents(from, *format_of<T>(), S::rank, where);
  const S shape = [&] {
    try {
      return S::from(actual);
    } catch (const shape_error& e) {
      raise<io_error>({where, e.what()});
    }
  }();
  check_size(actual, sizeof(T), from.at_most(), where);
  auto result = [&] {
    const with_device on(device::cpu());
    try {
      return tensor<T, S>::uninitialized(shape);
    } catch (const std::bad_alloc&) {
      raise<io_error>({where, "shape ", actual, " does not fit into memory"});
    }
  }();
  const std::span<T> elements(result.mutable_data(), static_cast<std::size_t>(result.size()));
  read_elements(from, std::as_writable_bytes(elements), actual, where);
  swap_if_little(elements);
  return result;
}

[[nodiscard]] TESSERA_COLD_ONCE std::string where(std::string_view file) { return message({"tessera::io::read_idx: ", file, ": "}); }

}  // namespace detail::idx

/// The tensor of an IDX file that is in memory, not packed.
///   error  io_error that starts with the name and says what is wrong
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> parse_idx(std::span<const std::byte> bytes, std::string_view name_for_messages) {
  return detail::idx::decode<T, S>(detail::idx::cursor(bytes), detail::idx::where(name_for_messages));
}

/// The tensor of an IDX file, which is unpacked where its name ends in .gz: read_idx<std::uint8_t, shape<dyn, 28, 28>>(file).
///   dtype  uint8, int32, float32 or float64, as the file has it
///   error  io_error naming the file: not IDX, of another type, rank or extents, damaged, too short or too long, or packed
///          in a build without zlib
///   like   torchvision.datasets.mnist.read_sn3_pascalvincent_tensor
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> read_idx(const std::filesystem::path& file) {
  const std::string where = detail::idx::where(file.string());
  if (file.extension() != ".gz") return detail::idx::decode<T, S>(detail::idx::cursor(read_file(file)), where);
#if TESSERA_USE_ZLIB
  const std::vector<std::byte> bytes = read_file(file);
  return detail::idx::decode<T, S>(gzip_cursor(bytes, where), where);
#else
  raise<io_error>({where, "this program cannot unpack it: build it with TESSERA_USE_ZLIB=1 and zlib, or unpack the file"});
#endif
}

/// Writes a tensor as an IDX file, atomically and not packed.
///   error  io_error naming the file and the reason; shape_error where an extent does not fit into 32 bits
template <Element T, Shape S>
void write_idx(const std::filesystem::path& file, const tensor<T, S>& t) {
  static_assert(detail::idx::format_of<T>() != nullptr, "tessera::io::write_idx: an IDX file holds uint8, int32, float32 or float64");
  std::vector<std::uint32_t> sizes;
  for (const extent e : t.shape().values()) {
    if (e > extent{0xFFFFFFFF}) raise<shape_error>({"tessera::io::write_idx: shape ", t.shape().values(), " does not fit into IDX"});
    sizes.push_back(static_cast<std::uint32_t>(e));
  }
  detail::idx::swap_if_little(std::span(sizes));
  std::vector<T> elements(t.begin(), t.end());
  detail::idx::swap_if_little(std::span(elements));
  const std::uint8_t magic[] = {0, 0, static_cast<std::uint8_t>(detail::idx::format_of<T>()->code), S::rank};
  const std::array<std::span<const std::byte>, 3> pieces{std::as_bytes(std::span(magic)), std::as_bytes(std::span(sizes)), std::as_bytes(std::span(elements))};
  write_file(file, pieces);
}

}  // namespace tessera::io
