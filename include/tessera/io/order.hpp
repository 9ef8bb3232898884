// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sorting, compiled once for everything that files hold.

#include <tessera/core/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::io::detail {

/// The numbers 0 to count - 1, ordered by less(context, i, j). (A heap, which is the least code: there are hundreds of names at most.)
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> sorted_indices(std::size_t count, const void* context, bool (*less)(const void*, std::size_t, std::size_t)) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  // Of the first `size` places, each comes behind those at 2i + 1 and 2i + 2: down with the number at i until that holds.
  const auto sink = [&](std::size_t i, std::size_t size) {
    for (std::size_t child; (child = 2 * i + 1) < size; i = child) {
      if (child + 1 < size && less(context, order[child], order[child + 1])) ++child;
      if (!less(context, order[i], order[child])) return;
      std::swap(order[i], order[child]);
    }
  };
  for (std::size_t i = count / 2; i-- > 0;) sink(i, count);
  for (std::size_t size = count; size-- > 1;) {
    std::swap(order[0], order[size]);
    sink(0, size);
  }
  return order;
}
/// The same by less(i, j).
template <class Less>
[[nodiscard]] std::vector<std::size_t> sorted_indices(std::size_t count, const Less& less) {
  return sorted_indices(count, &less, [](const void* context, std::size_t i, std::size_t j) { return (*static_cast<const Less*>(context))(i, j); });
}

/// The names of things that lie one behind the other and have a name.
class name_list {
 public:
  template <class X>
  explicit name_list(const std::vector<X>& all) : name_list(all.data(), all.size()) {}
  template <class X>
  name_list(const X* all, std::size_t count) : first_(count == 0 ? nullptr : reinterpret_cast<const char*>(&all->name)), step_(sizeof(X)), count_(count) {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return *reinterpret_cast<const std::string*>(first_ + i * step_); }

 private:
  const char* first_;
  std::size_t step_, count_;
};

/// The numbers of names in alphabetical order.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> sorted_names(const name_list& names) {
  return sorted_indices(names.size(), [&](std::size_t i, std::size_t j) { return names[i] < names[j]; });
}

/// The first position whose name the next one repeats, or the number of names.
[[nodiscard]] TESSERA_COLD_ONCE std::size_t first_twin(const std::vector<std::size_t>& order, const name_list& names) {
  for (std::size_t k = 1; k < order.size(); ++k)
    if (names[order[k - 1]] == names[order[k]]) return order[k];
  return order.size();
}

}  // namespace tessera::io::detail
