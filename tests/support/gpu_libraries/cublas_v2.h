// SPDX-License-Identifier: BSL-1.0
#pragma once
// A stand-in for cuBLAS, for tests without a GPU: the functions that the library calls, by plain loops and by the words of cuBLAS's
// manual. Matrices are stored by columns; the arguments are checked as cuBLAS checks them; memory is that of the emulated GPU.

#include "cuda_double.hpp"

#include <cstddef>
#include <cstdint>

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7, CUBLAS_STATUS_NOT_SUPPORTED = 15 };
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum cublasMath_t { CUBLAS_DEFAULT_MATH = 0, CUBLAS_TF32_TENSOR_OP_MATH = 3 };
using cublasHandle_t = struct cublasContext*;

namespace cublas_double {

/// How often each function was called.
struct calls {
  int one = 0, strided = 0, many = 0, bias = 0, heuristics = 0;
};
inline calls counted;
inline cublasMath_t math = CUBLAS_DEFAULT_MATH;

/// C = alpha·op(A)·op(B) + beta·C + bias, by columns: op(A) is m x k, op(B) k x n, C m x n, and the bias has an element for each row.
template <class T>
cublasStatus_t gemm(cublasOperation_t transa, cublasOperation_t transb, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
                    std::int64_t ldc, const T* bias = nullptr) {
  const auto at_least = [](std::int64_t leading, std::int64_t rows) { return leading >= (rows > 1 ? rows : 1); };
  if (m < 0 || n < 0 || k < 0 || !at_least(lda, transa == CUBLAS_OP_N ? m : k) || !at_least(ldb, transb == CUBLAS_OP_N ? k : n) || !at_least(ldc, m)) return CUBLAS_STATUS_INVALID_VALUE;
  const tessera::gpu::memory::detail::opened access;
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < m; ++i) {
      T sum = 0;
      for (std::int64_t p = 0; p < k; ++p) sum += (transa == CUBLAS_OP_N ? a[p * lda + i] : a[i * lda + p]) * (transb == CUBLAS_OP_N ? b[j * ldb + p] : b[p * ldb + j]);
      T& to = c[j * ldc + i];
      to = alpha * sum + (beta == 0 ? T(0) : beta * to) + (bias == nullptr ? T(0) : bias[i]);
    }
  return CUBLAS_STATUS_SUCCESS;
}
template <class T>
cublasStatus_t gemm_strided(cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const T* alpha, const T* a, int lda, long long stride_a, const T* b, int ldb, long long stride_b, const T* beta,
                            T* c, int ldc, long long stride_c, int count) {
  ++counted.strided;
  cublasStatus_t status = count < 0 ? CUBLAS_STATUS_INVALID_VALUE : CUBLAS_STATUS_SUCCESS;
  for (int i = 0; i < count && status == CUBLAS_STATUS_SUCCESS; ++i) status = gemm<T>(transa, transb, m, n, k, *alpha, a + i * stride_a, lda, b + i * stride_b, ldb, *beta, c + i * stride_c, ldc);
  return status;
}
template <class T>
cublasStatus_t gemm_many(cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, const T* alpha, const T* const a[], int lda, const T* const b[], int ldb, const T* beta, T* const c[], int ldc, int count) {
  ++counted.many;
  const tessera::gpu::memory::detail::opened access;  // the addresses are in the GPU's memory too
  cublasStatus_t status = count < 0 ? CUBLAS_STATUS_INVALID_VALUE : CUBLAS_STATUS_SUCCESS;
  for (int i = 0; i < count && status == CUBLAS_STATUS_SUCCESS; ++i) status = gemm<T>(transa, transb, m, n, k, *alpha, a[i], lda, b[i], ldb, *beta, c[i], ldc);
  return status;
}

}  // namespace cublas_double

inline const char* cublasGetStatusString(cublasStatus_t status) { return status == CUBLAS_STATUS_INVALID_VALUE ? "an unsupported value or parameter was passed to the function" : "cuBLAS"; }
inline cublasStatus_t cublasCreate(cublasHandle_t* handle) { return *handle = nullptr, CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetStream(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetWorkspace(cublasHandle_t, void* workspace, std::size_t) { return workspace == nullptr ? CUBLAS_STATUS_INVALID_VALUE : CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t mode) { return cublas_double::math = mode, CUBLAS_STATUS_SUCCESS; }

#define CUBLAS_DOUBLE_GEMM(LETTER, T)                                                                                                                                                                             \
  inline cublasStatus_t cublas##LETTER##gemm(cublasHandle_t, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, const T* alpha, const T* a, int lda, const T* b, int ldb, const T* beta, T* c, int ldc) { \
    ++cublas_double::counted.one;                                                                                                                                                                                 \
    return cublas_double::gemm<T>(ta, tb, m, n, k, *alpha, a, lda, b, ldb, *beta, c, ldc);                                                                                                                        \
  }                                                                                                                                                                                                               \
  inline cublasStatus_t cublas##LETTER##gemmStridedBatched(cublasHandle_t, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, const T* alpha, const T* a, int lda, long long sa, const T* b, int ldb, \
                                                           long long sb, const T* beta, T* c, int ldc, long long sc, int count) {                                                                                 \
    return cublas_double::gemm_strided<T>(ta, tb, m, n, k, alpha, a, lda, sa, b, ldb, sb, beta, c, ldc, sc, count);                                                                                               \
  }                                                                                                                                                                                                               \
  inline cublasStatus_t cublas##LETTER##gemmBatched(cublasHandle_t, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k, const T* alpha, const T* const a[], int lda, const T* const b[], int ldb,      \
                                                    const T* beta, T* const c[], int ldc, int count) {                                                                                                            \
    return cublas_double::gemm_many<T>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, count);                                                                                                              \
  }
CUBLAS_DOUBLE_GEMM(S, float)
CUBLAS_DOUBLE_GEMM(D, double)
#undef CUBLAS_DOUBLE_GEMM
