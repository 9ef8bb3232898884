// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sorting, compiled once for everything that files hold.

#include <tessera/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <vector>

namespace tessera::io::detail {

/// The numbers 0 to count - 1, ordered by less(i, j).
[[nodiscard]] TESSERA_COLD inline std::vector<std::size_t> sorted_indices(std::size_t count, const std::function<bool(std::size_t, std::size_t)>& less) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&less](std::size_t i, std::size_t j) { return less(i, j); });
  return order;
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
