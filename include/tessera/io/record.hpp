// SPDX-License-Identifier: BSL-1.0
#pragma once
// Named tensors in memory: what a file of weights holds, before anybody knows which module they belong to.

#include <tessera/core/error.hpp>
#include <tessera/io/order.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/extents.hpp>

#include <algorithm>
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

/// Named tensors in the order of their bytes, with the memory that holds them, and text. Copies share the memory: an entry
/// is good for as long as any of them lives.
class record {
 public:
  using memory = std::shared_ptr<const std::vector<std::byte>>;

  record() = default;
  /// `refused` names the tensors that are in the file but cannot be read, each with the reason.
  ///   error  io_error where two entries have one name
  TESSERA_COLD record(memory hold, std::vector<entry> entries, io::metadata text = {}, std::map<std::string, std::string, std::less<>> refused = {})
      : hold_(std::move(hold)), entries_(std::move(entries)), text_(std::move(text)), refused_(std::move(refused)) {
    const auto name = [this](std::size_t k) { return name_at(k); };
    by_name_ = detail::sorted_names(entries_.size(), name);
    if (const std::size_t twin = detail::first_twin(by_name_, name); twin != entries_.size())
      raise<io_error>({"tessera::io::record: two tensors are named ", entries_[twin].name});
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }
  [[nodiscard]] std::span<const entry> entries() const noexcept { return entries_; }
  [[nodiscard]] const io::metadata& metadata() const noexcept { return text_; }

  /// The tensor of this name, or nullptr.
  ///   error  io_error where the file has it in a form that this library does not
  [[nodiscard]] TESSERA_ONCE const entry* find(std::string_view name) const {
    const auto place = std::lower_bound(by_name_.begin(), by_name_.end(), name, [this](std::size_t i, std::string_view wanted) { return name_at(i) < wanted; });
    if (place != by_name_.end() && name_at(*place) == name) return &entries_[*place];
    if (const auto reason = refused_.find(name); reason != refused_.end()) raise<io_error>({"tessera::io::record: ", reason->second});
    return nullptr;
  }

 private:
  [[nodiscard]] std::string_view name_at(std::size_t i) const { return entries_[i].name; }

  memory hold_;
  std::vector<entry> entries_;
  io::metadata text_;
  std::map<std::string, std::string, std::less<>> refused_;
  std::vector<std::size_t> by_name_;
};

}  // namespace tessera::io
