// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products one number at a time: the reference for floating point, and the only version for integers.

#include <tessera/backend/matrix.hpp>

#include <type_traits>

namespace tessera::backend::scalar {

namespace detail {

// Integers wrap around as in PyTorch: the arithmetic is done on an unsigned type, no narrower than int, where that is
// defined.
template <class T, bool Integer = std::is_integral_v<T>>
struct wrapping {
  using type = T;
};
template <class T>
struct wrapping<T, true> {
  using type = std::conditional_t<(sizeof(T) < sizeof(unsigned)), unsigned, std::make_unsigned_t<T>>;
};

}  // namespace detail

/// C = A·B (+ bias on every row), or C += A·B; k may be 0.
template <class T>
void gemm(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate, const T* bias) {
  using W = typename detail::wrapping<T>::type;
  for (extent i = 0; i < m; ++i) {
    T* row = c + i * ldc;
    if (!accumulate)
      for (extent j = 0; j < n; ++j) row[j] = bias != nullptr ? bias[j] : T(0);
    if (b.row_stride == 1) {  // columns of B are contiguous
      for (extent j = 0; j < n; ++j) {
        W sum = 0;
        for (extent p = 0; p < k; ++p) sum += static_cast<W>(*a.at(i, p)) * static_cast<W>(*b.at(p, j));
        row[j] = static_cast<T>(static_cast<W>(row[j]) + sum);
      }
    } else {
      for (extent p = 0; p < k; ++p) {
        const W x = static_cast<W>(*a.at(i, p));
        for (extent j = 0; j < n; ++j)
          row[j] = static_cast<T>(static_cast<W>(row[j]) + x * static_cast<W>(*b.at(p, j)));
      }
    }
  }
}

}  // namespace tessera::backend::scalar
