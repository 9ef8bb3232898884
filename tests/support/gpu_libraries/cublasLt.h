// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stand-in's part of cuBLASLt: products with a bias. An algorithm is bound to the problem it was found for, as cuBLASLt's are.

#include "cublas_v2.h"

#include <cstring>

enum cudaDataType_t { CUDA_R_32F = 0, CUDA_R_64F = 1 };
enum cublasComputeType_t { CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_32F_FAST_TF32 = 77, CUBLAS_COMPUTE_64F = 70 };
enum cublasLtEpilogue_t { CUBLASLT_EPILOGUE_DEFAULT = 1, CUBLASLT_EPILOGUE_BIAS = 4 };
enum cublasLtMatmulDescAttributes_t { CUBLASLT_MATMUL_DESC_TRANSA = 3, CUBLASLT_MATMUL_DESC_TRANSB = 4, CUBLASLT_MATMUL_DESC_EPILOGUE = 7, CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8 };
enum cublasLtMatmulPreferenceAttributes_t {
  CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES = 6,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES = 7,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES = 8,
};
using cublasLtHandle_t = struct cublasLtContext*;

struct cublasLtMatmulDescOpaque_t {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasOperation_t transa, transb;
  cublasLtEpilogue_t epilogue;
  const void* bias;
};
struct cublasLtMatrixLayoutOpaque_t {
  cudaDataType_t type;
  std::uint64_t rows, cols;
  std::int64_t ld;
};
struct cublasLtMatmulPreferenceOpaque_t {
  std::uint64_t workspace;
  std::uint32_t alignment[4];
};
struct cublasLtMatmulAlgo_t {
  std::uint64_t rows, cols, terms, bytes;
  cublasOperation_t transa, transb;
};
struct cublasLtMatmulHeuristicResult_t {
  cublasLtMatmulAlgo_t algo;
  std::size_t workspaceSize;
  cublasStatus_t state;
};
using cublasLtMatmulDesc_t = cublasLtMatmulDescOpaque_t*;
using cublasLtMatrixLayout_t = cublasLtMatrixLayoutOpaque_t*;
using cublasLtMatmulPreference_t = cublasLtMatmulPreferenceOpaque_t*;

namespace cublas_double {
inline bool has_no_algorithm = false;  // set by a test
template <class To>
cublasStatus_t assign(To& to, const void* from, std::size_t bytes) {
  if (bytes != sizeof(To)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&to, from, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
}  // namespace cublas_double

inline cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { return *handle = nullptr, CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulDescInit(cublasLtMatmulDesc_t to, cublasComputeType_t compute, cudaDataType_t scale) {
  *to = {compute, scale, CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_EPILOGUE_DEFAULT, nullptr};
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t to, cublasLtMatmulDescAttributes_t what, const void* from, std::size_t bytes) {
  switch (what) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return cublas_double::assign(to->transa, from, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return cublas_double::assign(to->transb, from, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return cublas_double::assign(to->epilogue, from, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return cublas_double::assign(to->bias, from, bytes);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}
inline cublasStatus_t cublasLtMatrixLayoutInit(cublasLtMatrixLayout_t to, cudaDataType_t type, std::uint64_t rows, std::uint64_t cols, std::int64_t ld) { return *to = {type, rows, cols, ld}, CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceInit(cublasLtMatmulPreference_t to) { return *to = {0, {256, 256, 256, 256}}, CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t to, cublasLtMatmulPreferenceAttributes_t what, const void* from, std::size_t bytes) {
  if (what == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) return cublas_double::assign(to->workspace, from, bytes);
  return cublas_double::assign(to->alignment[what - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], from, bytes);
}

namespace cublas_double {
/// The algorithm of a problem; its rows are 0 where the layouts contradict each other.
inline cublasLtMatmulAlgo_t algorithm_of(const cublasLtMatmulDescOpaque_t& d, const cublasLtMatrixLayoutOpaque_t& a, const cublasLtMatrixLayoutOpaque_t& b, const cublasLtMatrixLayoutOpaque_t& c) {
  const bool ta = d.transa == CUBLAS_OP_T, tb = d.transb == CUBLAS_OP_T;
  const std::uint64_t rows = ta ? a.cols : a.rows, terms = ta ? a.rows : a.cols, again = tb ? b.cols : b.rows, cols = tb ? b.rows : b.cols;
  const bool fits = rows == c.rows && cols == c.cols && terms == again && a.type == c.type && b.type == c.type && d.scale == c.type && (d.compute == CUBLAS_COMPUTE_64F) == (c.type == CUDA_R_64F);
  return {fits ? rows : 0, cols, terms, c.type == CUDA_R_64F ? 8U : 4U, d.transa, d.transb};
}
template <class T>
cublasStatus_t matmul(const cublasLtMatmulDescOpaque_t& d, const void* alpha, const void* a, std::int64_t lda, const void* b, std::int64_t ldb, const void* beta, void* c, std::int64_t ldc, const cublasLtMatmulAlgo_t& by) {
  return gemm<T>(d.transa, d.transb, static_cast<std::int64_t>(by.rows), static_cast<std::int64_t>(by.cols), static_cast<std::int64_t>(by.terms), *static_cast<const T*>(alpha), static_cast<const T*>(a), lda,
                 static_cast<const T*>(b), ldb, *static_cast<const T*>(beta), static_cast<T*>(c), ldc, d.epilogue == CUBLASLT_EPILOGUE_BIAS ? static_cast<const T*>(d.bias) : nullptr);
}
}  // namespace cublas_double

inline cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t d, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t to,
                                                     cublasLtMatmulPreference_t wish, int wanted, cublasLtMatmulHeuristicResult_t* found, int* count) {
  ++cublas_double::counted.heuristics;
  *count = 0;
  const cublasLtMatmulAlgo_t by = cublas_double::algorithm_of(*d, *a, *b, *to);
  if (wanted < 1 || by.rows == 0 || c->ld != to->ld) return CUBLAS_STATUS_INVALID_VALUE;
  for (const std::uint32_t each : wish->alignment)
    if (each < by.bytes || each > 256 || (each & (each - 1)) != 0) return CUBLAS_STATUS_INVALID_VALUE;
  if (cublas_double::has_no_algorithm) return CUBLAS_STATUS_NOT_SUPPORTED;
  *found = {by, 0, CUBLAS_STATUS_SUCCESS};
  *count = 1;
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t d, const void* alpha, const void* a, cublasLtMatrixLayout_t as, const void* b, cublasLtMatrixLayout_t bs, const void* beta, const void* c,
                                     cublasLtMatrixLayout_t cs, void* to, cublasLtMatrixLayout_t tos, const cublasLtMatmulAlgo_t* by, void*, std::size_t, cudaStream_t) {
  ++cublas_double::counted.bias;
  const cublasLtMatmulAlgo_t own = cublas_double::algorithm_of(*d, *as, *bs, *tos);
  if (c != to || cs->ld != tos->ld || own.rows == 0 || own.rows != by->rows || own.cols != by->cols || own.terms != by->terms || own.bytes != by->bytes || own.transa != by->transa || own.transb != by->transb)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (tos->type == CUDA_R_64F) return cublas_double::matmul<double>(*d, alpha, a, as->ld, b, bs->ld, beta, to, tos->ld, *by);
  return cublas_double::matmul<float>(*d, alpha, a, as->ld, b, bs->ld, beta, to, tos->ld, *by);
}
