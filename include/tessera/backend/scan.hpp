// SPDX-License-Identifier: BSL-1.0
#pragma once
// Running totals along rows.

#include <tessera/backend/items/algorithm.hpp>

#include <numeric>

#if TESSERA_USE_THRUST || defined(__CUDACC__)
#include <thrust/scan.h>
#endif

namespace tessera::backend {

namespace items {

/// Row after row: element j of the result combines elements 0 to j.
template <class Combine, class T>
struct scan_rows {
  extent rows, n;
  const T* from;
  T* to;

  struct combine {
    TESSERA_FN T operator()(T a, T b) const { return Combine::combine(a, b); }
  };

  void operator()() const {
    for (extent i = 0; i < rows; ++i) std::inclusive_scan(from + i * n, from + (i + 1) * n, to + i * n, combine{});
  }
#if TESSERA_USE_THRUST || defined(__CUDACC__)
  template <class Policy>
  void with(const Policy& policy) const {
    for (extent i = 0; i < rows; ++i) ::thrust::inclusive_scan(policy, from + i * n, from + (i + 1) * n, to + i * n, combine{});
  }
#endif
};

}  // namespace items

/// Writes to `to` the running combinations along each of `rows` rows of n elements; the two may be the same memory. Combine is
/// associative. The order in which a backend combines is its own: sums of floats agree to rounding only.
template <class Combine, class T>
void scan(extent rows, extent n, const T* from, T* to) {
  if (rows > 0 && n > 0) launch_algorithm(items::scan_rows<Combine, T>{rows, n, from, to});
}

}  // namespace tessera::backend
