// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sorting, compiled once for everything that files hold.

#include <tessera/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace tessera::io::detail {

/// The numbers 0 to count - 1, ordered by less(context, i, j). (A heap, which is the least code: there are hundreds of names at most.)
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::size_t> sorted_indices(std::size_t count, const void* context, bool (*less)(const void*, std::size_t, std::size_t)) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [context, less](std::size_t i, std::size_t j) { return less(context, i, j); };
  std::make_heap(order.begin(), order.end(), before);
  std::sort_heap(order.begin(), order.end(), before);
  return order;
}
/// The same by less(i, j).
template <class Less>
[[nodiscard]] std::vector<std::size_t> sorted_indices(std::size_t count, const Less& less) {
  return sorted_indices(count, &less, [](const void* context, std::size_t i, std::size_t j) { return (*static_cast<const Less*>(context))(i, j); });
}

/// The numbers of names in alphabetical order; `name(i)` gives a string_view or a reference.
template <class Name>
[[nodiscard]] std::vector<std::size_t> sorted_names(std::size_t count, const Name& name) {
  return sorted_indices(count, [&](std::size_t i, std::size_t j) { return name(i) < name(j); });
}

/// The first position whose name the next one repeats, or the number of names.
template <class Name>
[[nodiscard]] std::size_t first_twin(const std::vector<std::size_t>& order, const Name& name) {
  for (std::size_t k = 1; k < order.size(); ++k)
    if (name(order[k - 1]) == name(order[k])) return order[k];
  return order.size();
}

}  // namespace tessera::io::detail
