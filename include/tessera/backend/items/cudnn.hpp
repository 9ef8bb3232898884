// SPDX-License-Identifier: BSL-1.0
#pragma once
// cuDNN's handles, its descriptions of convolutions, and which of its algorithms computes each: plain C++, for .cpp and .cu files alike.

#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/items/tf32.hpp>
#include <tessera/backend/window.hpp>

#if TESSERA_USE_CUDNN

#include <cudnn.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

namespace tessera::backend::items::cudnn {

inline void check(cudnnStatus_t status, const char* what = "conv2d") {
  if (status != CUDNN_STATUS_SUCCESS) [[unlikely]] raise<device_error>({"tessera::", what, ": cuDNN: ", cudnnGetErrorString(status)});
}

/// What is computed of y = x * w.
enum class result : int { y, dx, dw };

/// What the choice of an algorithm depends on.
struct problem {
  int of, is_double, tf32;
  int images, groups, in, out;  // channels of a group
  int input[2], output[2], kernel[2], stride[2], padding[2], dilation[2];

  friend bool operator==(const problem&, const problem&) = default;
};

/// The description of a convolution and the algorithm that computes a result of it. Kept for good: a program has few.
struct plan {
  problem of{};
  cudnnTensorDescriptor_t x = nullptr, y = nullptr, bias = nullptr;
  cudnnFilterDescriptor_t w = nullptr;
  cudnnConvolutionDescriptor_t how = nullptr;
  bool is_possible = false;
  int algorithm = 0;
  std::size_t workspace = 0;
};

/// What a GPU needs for cuDNN; its handle serves one thread at a time.
struct context {
  cudnnHandle_t handle = nullptr;
  std::mutex access;
  std::vector<plan> plans;

  void make(int gpu) {
    if (handle != nullptr) return;
    const tessera::gpu::chosen scope(gpu);
    check(cudnnCreate(&handle));
    check(cudnnSetStream(handle, tessera::gpu::memory::stream(gpu)));
  }
};
// Never destroyed, as the stream.
[[nodiscard]] inline context& of(int gpu) {
  static context* const all = new context[tessera::gpu::memory::detail::most_gpus];
  return all[gpu];
}

inline constexpr std::size_t most_workspace = std::size_t{1} << 30;

/// Describes the problem to cuDNN. The images are row-major [images, channels, rows, columns]; a window is not turned over.
inline void describe(plan& p, cudnnMathType_t math) {
  const problem& c = p.of;
  const cudnnDataType_t type = c.is_double != 0 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
  check(cudnnCreateTensorDescriptor(&p.x));
  check(cudnnCreateTensorDescriptor(&p.y));
  check(cudnnCreateTensorDescriptor(&p.bias));
  check(cudnnCreateFilterDescriptor(&p.w));
  check(cudnnCreateConvolutionDescriptor(&p.how));
  check(cudnnSetTensor4dDescriptor(p.x, CUDNN_TENSOR_NCHW, type, c.images, c.groups * c.in, c.input[0], c.input[1]));
  check(cudnnSetTensor4dDescriptor(p.y, CUDNN_TENSOR_NCHW, type, c.images, c.groups * c.out, c.output[0], c.output[1]));
  check(cudnnSetTensor4dDescriptor(p.bias, CUDNN_TENSOR_NCHW, type, 1, c.groups * c.out, 1, 1));
  check(cudnnSetFilter4dDescriptor(p.w, type, CUDNN_TENSOR_NCHW, c.groups * c.out, c.in, c.kernel[0], c.kernel[1]));
  check(cudnnSetConvolution2dDescriptor(p.how, c.padding[0], c.padding[1], c.stride[0], c.stride[1], c.dilation[0], c.dilation[1], CUDNN_CROSS_CORRELATION, type));
  check(cudnnSetConvolutionGroupCount(p.how, c.groups));
  check(cudnnSetConvolutionMathType(p.how, math));
}

/// Takes the first algorithm, which cuDNN thinks the fastest, that gives the same bits on every run, keeps the precision that was asked for and
/// has room. ask(n, &found, results): cuDNN's proposals; room(algorithm, &bytes): the memory that one needs.
template <class Proposal, class Ask, class Room>
void choose(plan& p, Ask&& ask, Room&& room) {
  constexpr int most = 8;
  const bool exact = p.of.is_double == 0 && p.of.tf32 == 0;
  Proposal proposals[most];
  int count = 0;
  if (ask(most, &count, proposals) != CUDNN_STATUS_SUCCESS) return;
  for (int i = 0; i < count; ++i) {
    const Proposal& one = proposals[i];
    if (one.status != CUDNN_STATUS_SUCCESS || one.determinism != CUDNN_DETERMINISTIC) continue;
    if (exact && (one.mathType == CUDNN_TENSOR_OP_MATH || one.mathType == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)) continue;
    if (!exact) check(cudnnSetConvolutionMathType(p.how, one.mathType));
    std::size_t bytes = 0;
    if (room(one.algo, &bytes) != CUDNN_STATUS_SUCCESS || bytes > most_workspace) continue;
    p.algorithm = static_cast<int>(one.algo);
    p.workspace = bytes;
    p.is_possible = true;
    return;
  }
}

}  // namespace tessera::backend::items::cudnn

#endif  // TESSERA_USE_CUDNN
