// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products on strided operands: what every contraction of the library ends in.

#include <tessera/backend/batch.hpp>
#include <tessera/backend/scalar/gemm.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/backend/simd/gemm.hpp>
#include <tessera/backend/items/gemm.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

/// C = A·B, C = A·B + bias (one row, added to every row), or C += A·B with `accumulate`, which leaves the bias out.
///   shapes  a [m, k], b [k, n] with any strides, c [m, n] row-major, rows ldc apart; c overlaps neither operand
///   cost    2·m·n·k flop; large products pack their operands into pooled scratch memory and use several threads
///   The order of summation depends on the extents and strides only, so any number of threads gives equal bits.
///   Integers wrap around. k = 0 gives zeros, or the bias.
///   error   std::bad_alloc
template <class T>
void gemm(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate,
          const T* bias = nullptr) {
  if (m <= 0 || n <= 0) return;
  if (accumulate) bias = nullptr;
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::multiply<T>({m, n, k, a, b, c, ldc, accumulate, bias, {}});
#endif
  if constexpr (std::is_floating_point_v<T>)
    if (k > 0 && selected() == kind::simd) {
      using V = simd_register<T>;
      if (simd::detail::is_tiny<V>(m, n, k, b)) return simd::detail::multiply_tiny<V>(m, n, k, a, b, c, ldc, accumulate, bias);
      return simd::gemm<V>(m, n, k, a, b, c, ldc, accumulate, bias);
    }
  scalar::gemm(m, n, k, a, b, c, ldc, accumulate, bias);
}

/// C = A·B for each product of a batch: a and b are the operands of the first, the results lie one after the other in c.
///   A right operand that all share is one product, where the rows of the left ones are equally far apart.
template <class T>
void gemm_batch(const batch& all, extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c) {
  const extent products = all.count();
  if (m <= 0 || n <= 0 || products <= 0) return;
  if (all.rank == 0) return gemm<T>(m, n, k, a, b, c, n, false);
  if (all.rank == 1 && all.b[0] == 0 && (m == 1 || all.a[0] == m * a.row_stride)) return gemm<T>(products * m, n, k, {a.data, m == 1 ? all.a[0] : a.row_stride, a.column_stride}, b, c, n, false);
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::multiply<T>({m, n, k, a, b, c, n, false, nullptr, all});
#endif
  for (extent i = 0; i < products; ++i) {
    extent from_a, from_b;
    all.locate(i, from_a, from_b);
    gemm<T>(m, n, k, {a.data + from_a, a.row_stride, a.column_stride}, {b.data + from_b, b.row_stride, b.column_stride}, c + i * m * n, n, false);
  }
}

/// The same as gemm of operands in the memory of the processor, wherever the work of this thread goes.
template <class T>
void gemm_here(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, const T* bias) {
  const with_device on(device::cpu());
  gemm<T>(m, n, k, a, b, c, ldc, false, bias);
}
TESSERA_INSTANTIATE(float, void gemm<float>(extent, extent, extent, const matrix<float>&, const matrix<float>&, float*, extent, bool, const float*))
TESSERA_INSTANTIATE(double, void gemm<double>(extent, extent, extent, const matrix<double>&, const matrix<double>&, double*, extent, bool, const double*))

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
