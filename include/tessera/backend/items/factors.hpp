// SPDX-License-Identifier: BSL-1.0
#pragma once
// The operands of matrix products, as items and the libraries of GPUs take them.

#include <tessera/backend/batch.hpp>
#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/matrix.hpp>
#include <tessera/backend/scalar/gemm.hpp>  // wrapping

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// C = A·B, + bias in each row, or C += A·B; of several matrices where `all` has axes, the results then one after the other.
template <class T>
struct factors {
  using number = typename scalar::detail::wrapping<T>::type;
  extent m, n, k;
  matrix<T> a, b;
  T* c;
  extent ldc;
  bool accumulate;
  const T* bias;
  batch all;

  /// Adds to, or overwrites, element (i, j) of product number `at`.
  TESSERA_FN void write(extent at, extent i, extent j, number sum) const {
    T& to = c[(at * m + i) * ldc + j];
    const number before = accumulate ? static_cast<number>(to) : bias != nullptr ? static_cast<number>(bias[j]) : number(0);
    to = static_cast<T>(before + sum);
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
