// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products by cuBLAS: plain C++, for .cpp and .cu files alike. cuBLAS stores matrices by columns: what it computes is
// Cᵀ = Bᵀ·Aᵀ, whose memory is that of C.

#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/matrix.hpp>

#if TESSERA_USE_CUBLAS

#include <cublas_v2.h>

#include <atomic>
#include <concepts>
#include <limits>
#include <mutex>
#include <optional>

namespace tessera {

namespace gpu {

namespace detail {
inline std::atomic<bool> tf32_allowed{false};
}
/// Lets products of floats round their factors to TF32, which has 11 bits: several times faster on tensor cores. Off at first.
///   like  torch.backends.cuda.matmul.allow_tf32
inline void allow_tf32(bool allowed) noexcept { detail::tf32_allowed = allowed; }

}  // namespace gpu

namespace backend::items::cublas {

inline void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) [[unlikely]] raise<device_error>({"tessera::matmul: cuBLAS: ", cublasGetStatusString(status)});
}

/// The handle of a GPU, made when it is first needed and never destroyed; it works on the library's stream.
[[nodiscard]] inline cublasHandle_t handle(int gpu) {
  struct context {
    cublasHandle_t handle = nullptr;
    std::once_flag made;
  };
  static context* const all = new context[tessera::gpu::memory::detail::most_gpus];
  std::call_once(all[gpu].made, [&] {
    const tessera::gpu::chosen scope(gpu);
    check(cublasCreate(&all[gpu].handle));
    check(cublasSetStream(all[gpu].handle, tessera::gpu::memory::stream(gpu)));
  });
  return all[gpu].handle;
}

/// How cuBLAS takes a matrix whose memory it sees as the transposed one.
struct layout {
  cublasOperation_t operation;
  int leading;
};
/// Nothing where neither axis is contiguous, or the other's step fits no int.
template <class T>
[[nodiscard]] std::optional<layout> layout_of(const matrix<T>& x, extent rows, extent columns) {
  constexpr extent most = std::numeric_limits<int>::max();
  const extent by_row = rows == 1 ? columns : x.row_stride, by_column = columns == 1 ? rows : x.column_stride;
  if ((x.column_stride == 1 || columns == 1) && by_row >= columns && by_row <= most) return layout{CUBLAS_OP_N, static_cast<int>(by_row)};
  if ((x.row_stride == 1 || rows == 1) && by_column >= rows && by_column <= most) return layout{CUBLAS_OP_T, static_cast<int>(by_column)};
  return std::nullopt;
}

/// C = bias in every row.
template <class T>
struct rows_of_bias {
  T* c;
  extent n, ldc;
  const T* bias;
  TESSERA_FN void operator()(extent i) const { c[i / n * ldc + i % n] = bias[i % n]; }
};

/// C = A·B, + bias, or C += A·B. False where cuBLAS does not take the operands as they are.
template <std::floating_point T>
[[nodiscard]] bool multiply(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate, const T* bias) {
  constexpr extent most = std::numeric_limits<int>::max();
  const auto left = layout_of(a, m, k), right = layout_of(b, k, n);
  if (!left || !right || k == 0 || m > most || n > most || k > most || ldc > most) return false;
  if (bias != nullptr) launch(m * n, 2, rows_of_bias<T>{c, n, ldc, bias});
  const int gpu = current_device().index();
  const cublasHandle_t with = handle(gpu);
  const T one = 1, old = accumulate || bias != nullptr ? 1 : 0;
  const auto go = [&](auto gemm) {
    check(gemm(with, right->operation, left->operation, static_cast<int>(n), static_cast<int>(m), static_cast<int>(k), &one, b.data, right->leading, a.data, left->leading, &old, c,
               static_cast<int>(ldc)));
  };
  if constexpr (std::same_as<T, float>) {
    check(cublasSetMathMode(with, tessera::gpu::detail::tf32_allowed ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH));
    go(cublasSgemm);
  } else {
    go(cublasDgemm);
  }
  return true;
}

}  // namespace backend::items::cublas
}  // namespace tessera

#endif  // TESSERA_USE_CUBLAS
