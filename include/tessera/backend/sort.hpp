// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sorting along rows, with where each element came from.

#include <tessera/backend/items/algorithm.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#if TESSERA_USE_THRUST || defined(__CUDACC__)
#include <thrust/sequence.h>
#include <thrust/sort.h>
#endif

namespace tessera::backend {

namespace items {

/// NaN is the largest number, as in NumPy and PyTorch.
template <class T>
struct comes_before {
  bool descending;
  TESSERA_FN bool operator()(T a, T b) const {
    const T x = descending ? b : a, y = descending ? a : b;
    return y != y ? x == x : x < y;
  }
};

/// Sorts each row of keys, and its places alike.
template <class T>
struct sort_rows {
  extent rows, n;
  T* keys;
  std::int64_t* places;
  comes_before<T> before;

  void operator()() const {
    std::vector<std::pair<T, std::int64_t>> row(static_cast<std::size_t>(n));
    for (extent i = 0; i < rows; ++i) {
      for (extent j = 0; j < n; ++j) row[static_cast<std::size_t>(j)] = {keys[i * n + j], j};
      std::sort(row.begin(), row.end(), [this](const auto& a, const auto& b) { return before(a.first, b.first) || (!before(b.first, a.first) && a.second < b.second); });
      for (extent j = 0; j < n; ++j) std::tie(keys[i * n + j], places[i * n + j]) = row[static_cast<std::size_t>(j)];
    }
  }
#if TESSERA_USE_THRUST || defined(__CUDACC__)
  template <class Policy>
  void with(const Policy& policy) const {
    for (extent i = 0; i < rows; ++i) {
      ::thrust::sequence(policy, places + i * n, places + (i + 1) * n);
      ::thrust::stable_sort_by_key(policy, keys + i * n, keys + (i + 1) * n, places + i * n, before);
    }
  }
#endif
};

}  // namespace items

/// Sorts each of `rows` rows of n keys in place, and writes the place each element had in its row. Equal keys keep their order.
template <class T>
void sort(extent rows, extent n, T* keys, std::int64_t* places, bool descending = false) {
  if (rows > 0 && n > 0) launch_algorithm(items::sort_rows<T>{rows, n, keys, places, {descending}});
}

}  // namespace tessera::backend
