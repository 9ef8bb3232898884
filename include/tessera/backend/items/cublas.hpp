// SPDX-License-Identifier: BSL-1.0
#pragma once
// cuBLAS and how it takes our matrices: plain C++, for .cpp and .cu files alike. cuBLAS stores matrices by columns: what it computes
// is Cᵀ = Bᵀ·Aᵀ, whose memory is that of C.

#include <tessera/backend/items/factors.hpp>
#include <tessera/backend/items/tf32.hpp>

#if TESSERA_USE_CUBLAS

#include <cublasLt.h>
#include <cublas_v2.h>

#include <limits>
#include <mutex>
#include <optional>

namespace tessera::backend::items::cublas {

inline void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) [[unlikely]] raise<device_error>({"tessera::matmul: cuBLAS: ", cublasGetStatusString(status)});
}

inline constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what NVIDIA recommends from Hopper on

/// What a GPU needs for products, made when it is first needed and never destroyed. All work is on the library's stream, so one workspace
/// serves it; with a workspace of its own cuBLAS allocates nothing, and its results are the same on every run.
struct context {
  cublasHandle_t handle = nullptr;
  cublasLtHandle_t light = nullptr;
  void* workspace = nullptr;
  std::once_flag made;

  void make(int gpu) {
    const tessera::gpu::chosen scope(gpu);
    tessera::gpu::check(cudaMalloc(&workspace, workspace_bytes), "reserving memory for products");  // kept for good: of no stream's order
    check(cublasCreate(&handle));
    check(cublasSetStream(handle, tessera::gpu::memory::stream(gpu)));
    check(cublasSetWorkspace(handle, workspace, workspace_bytes));  // after the stream, which takes it away
    check(cublasLtCreate(&light));
  }
};
[[nodiscard]] inline context& of(int gpu) {
  static context* const all = new context[tessera::gpu::memory::detail::most_gpus];
  std::call_once(all[gpu].made, [&] { all[gpu].make(gpu); });
  return all[gpu];
}

inline constexpr extent most = std::numeric_limits<int>::max();

/// How cuBLAS takes a matrix whose memory it sees as the transposed one.
struct layout {
  cublasOperation_t operation;
  int leading;
};
/// Nothing where neither axis is contiguous, or the other's step fits no int.
template <class T>
[[nodiscard]] std::optional<layout> layout_of(const matrix<T>& x, extent rows, extent columns) {
  const extent by_row = rows == 1 ? columns : x.row_stride, by_column = columns == 1 ? rows : x.column_stride;
  if ((x.column_stride == 1 || columns == 1) && by_row >= columns && by_row <= most) return layout{CUBLAS_OP_N, static_cast<int>(by_row)};
  if ((x.row_stride == 1 || rows == 1) && by_column >= rows && by_column <= most) return layout{CUBLAS_OP_T, static_cast<int>(by_column)};
  return std::nullopt;
}

}  // namespace tessera::backend::items::cublas

#endif  // TESSERA_USE_CUBLAS
