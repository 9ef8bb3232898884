// SPDX-License-Identifier: BSL-1.0
#pragma once
// Named tensors in memory: what a file of weights holds, before anybody knows which module they belong to.

#include <tessera/core/error.hpp>
#include <tessera/io/order.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/extents.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::io {

/// A named tensor, row-major, in somebody else's memory. The bytes may start at any address: copy them, never cast.
struct entry {
  std::string name;
  dtype type = dtype::float32;
  extents shape;
  std::span<const std::byte> bytes;
};

/// Text that travels with the tensors, in the order of its keys.
using metadata = std::map<std::string, std::string, std::less<>>;

namespace detail {
/// Takes a text in, unless there is one with that key.
TESSERA_COLD_ONCE bool add(metadata& all, std::string key, std::string text) { return all.insert(metadata::value_type(std::move(key), std::move(text))).second; }
}  // namespace detail

/// Named tensors in the order of their bytes, with the memory that holds them, and text. Copies share the memory: an entry
/// is good for as long as any of them lives.
class record {
 public:
  using memory = std::shared_ptr<const std::vector<std::byte>>;

  record() = default;
  /// `refused` names the tensors that are in the file but cannot be read, each with the reason.
  ///   error  io_error where two entries have one name
  TESSERA_COLD record(memory hold, std::vector<entry> entries, io::metadata text = {}, io::metadata refused = {})
      : hold_(std::move(hold)), entries_(std::move(entries)), text_(std::move(text)), refused_(std::move(refused)) {
    const detail::name_list names(entries_);
    by_name_ = detail::sorted_names(names);
    if (const std::size_t twin = detail::first_twin(by_name_, names); twin != names.size())
      raise<io_error>({"tessera::io::record: two tensors are named ", entries_[twin].name});
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }
  [[nodiscard]] std::span<const entry> entries() const noexcept { return entries_; }
  [[nodiscard]] const io::metadata& metadata() const noexcept { return text_; }

  /// The tensor of this name, or nullptr.
  ///   error  io_error where the file has it in a form that this library does not
  [[nodiscard]] TESSERA_COLD_ONCE const entry* find(std::string_view name) const {
    std::size_t first = 0, last = by_name_.size();
    while (first < last) {
      const std::size_t middle = (first + last) / 2;
      const int order = entries_[by_name_[middle]].name.compare(name);
      if (order == 0) return &entries_[by_name_[middle]];
      if (order < 0) first = middle + 1;
      else last = middle;
    }
    if (const std::string* reason = reason_without(name); reason != nullptr) raise<io_error>({"tessera::io::record: ", *reason});
    return nullptr;
  }
  /// Why the tensor of this name cannot be read, or nullptr.
  [[nodiscard]] TESSERA_COLD_ONCE const std::string* reason_without(std::string_view name) const {
    for (const auto& [refused, reason] : refused_)
      if (refused == name) return &reason;
    return nullptr;
  }

 private:
  memory hold_;
  std::vector<entry> entries_;
  io::metadata text_;
  io::metadata refused_;
  std::vector<std::size_t> by_name_;
};

}  // namespace tessera::io
