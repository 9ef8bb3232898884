// SPDX-License-Identifier: BSL-1.0
#pragma once
// A stand-in for cuDNN, for tests without a GPU: convolutions and their gradients by plain loops, by the words of cuDNN's manual, on the memory of
// the emulated GPU. Descriptions that contradict each other are refused. The algorithm it proposes first is not deterministic.
// LSTMs: cudnn_rnn.hpp.

#include "cuda_double.hpp"

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

enum cudnnStatus_t { CUDNN_STATUS_SUCCESS = 0, CUDNN_STATUS_BAD_PARAM = 2000, CUDNN_STATUS_NOT_SUPPORTED = 3000 };
enum cudnnDataType_t { CUDNN_DATA_FLOAT = 0, CUDNN_DATA_DOUBLE = 1 };
enum cudnnTensorFormat_t { CUDNN_TENSOR_NCHW = 0 };
enum cudnnMathType_t { CUDNN_DEFAULT_MATH = 0, CUDNN_TENSOR_OP_MATH = 1, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION = 2, CUDNN_FMA_MATH = 3 };
enum cudnnConvolutionMode_t { CUDNN_CONVOLUTION = 0, CUDNN_CROSS_CORRELATION = 1 };
enum cudnnDeterminism_t { CUDNN_NON_DETERMINISTIC = 0, CUDNN_DETERMINISTIC = 1 };
enum cudnnConvolutionFwdAlgo_t { fwd_quick = 0, fwd_steady = 1 };
enum cudnnConvolutionBwdDataAlgo_t { data_quick = 0, data_steady = 1 };
enum cudnnConvolutionBwdFilterAlgo_t { filter_quick = 0, filter_steady = 1 };

struct cudnnTensorStruct {
  cudnnDataType_t type;
  int n, c, h, w;
};
struct cudnnFilterStruct {
  cudnnDataType_t type;
  int k, c, h, w;
};
struct cudnnConvolutionStruct {
  int pad[2], stride[2], dilation[2], groups = 1;
  cudnnConvolutionMode_t mode;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};
using cudnnHandle_t = struct cudnnContext*;
struct cudnnContext {
  int calls = 0;
};
using cudnnTensorDescriptor_t = cudnnTensorStruct*;
using cudnnFilterDescriptor_t = cudnnFilterStruct*;
using cudnnConvolutionDescriptor_t = cudnnConvolutionStruct*;

namespace cudnn_double {

struct calls {
  int forward = 0, data = 0, filter = 0, proposals = 0;
};
inline calls counted;
inline cudnnMathType_t math = CUDNN_DEFAULT_MATH;
inline bool is_steady = true, has_no_algorithm = false;
inline constexpr std::size_t workspace = 512;

template <class Algorithm>
struct proposal {
  Algorithm algo;
  cudnnStatus_t status;
  float time;
  std::size_t memory;
  cudnnDeterminism_t determinism;
  cudnnMathType_t mathType;
};

inline bool fits(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c, const cudnnTensorStruct& y) {
  const auto length = [&](int i, int input, int kernel) { return (input + 2 * c.pad[i] - ((kernel - 1) * c.dilation[i] + 1)) / c.stride[i] + 1; };
  return c.mode == CUDNN_CROSS_CORRELATION && x.n == y.n && x.c == c.groups * w.c && y.c == w.k && w.k % c.groups == 0 && y.h == length(0, x.h, w.h) && y.w == length(1, x.w, w.w) && x.type == y.type && x.type == w.type;
}
template <class Algorithm>
cudnnStatus_t propose(bool fit, const cudnnConvolutionStruct& c, int wanted, int* count, proposal<Algorithm>* to) {
  ++counted.proposals;
  *count = 0;
  if (!fit || wanted < 2) return CUDNN_STATUS_BAD_PARAM;
  if (has_no_algorithm) return CUDNN_STATUS_NOT_SUPPORTED;
  const cudnnMathType_t math_of_tensors = c.math == CUDNN_FMA_MATH ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH;
  to[0] = {static_cast<Algorithm>(0), CUDNN_STATUS_SUCCESS, -1, 0, CUDNN_NON_DETERMINISTIC, math_of_tensors};
  to[1] = {static_cast<Algorithm>(1), CUDNN_STATUS_SUCCESS, -1, workspace, CUDNN_DETERMINISTIC, math_of_tensors};
  *count = 2;
  return CUDNN_STATUS_SUCCESS;
}
/// Calls f(x's, w's, y's index) for every product of the convolution.
template <class F>
void for_each_product(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c, const cudnnTensorStruct& y, F&& f) {
  const int of_group = w.k / c.groups;
  for (int n = 0; n < y.n; ++n)
    for (int k = 0; k < w.k; ++k)
      for (int r = 0; r < y.h; ++r)
        for (int s = 0; s < y.w; ++s)
          for (int d = 0; d < w.c; ++d)
            for (int i = 0; i < w.h; ++i)
              for (int j = 0; j < w.w; ++j) {
                const int p = r * c.stride[0] - c.pad[0] + i * c.dilation[0], q = s * c.stride[1] - c.pad[1] + j * c.dilation[1], channel = k / of_group * w.c + d;
                if (p >= 0 && p < x.h && q >= 0 && q < x.w) f(((n * x.c + channel) * x.h + p) * x.w + q, ((k * w.c + d) * w.h + i) * w.w + j, ((n * y.c + k) * y.h + r) * y.w + s);
              }
}
/// to[out] = alpha * sum of a[first]·b[second] + beta * to[out], where index(x, w, y) gives out, first and second.
template <class T, class Index>
void add_products(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c, const cudnnTensorStruct& y, const void* alpha, const void* a, const void* b, const void* beta, void* to, int size, Index&& index) {
  const tessera::gpu::memory::detail::opened access;
  T* const out = static_cast<T*>(to);
  const T scale = *static_cast<const T*>(alpha), old = *static_cast<const T*>(beta);
  for (int i = 0; i < size; ++i) out[i] = old == T(0) ? T(0) : static_cast<T>(old * out[i]);
  for_each_product(x, w, c, y, [&](int of_x, int of_w, int of_y) {
    const auto [o, first, second] = index(of_x, of_w, of_y);
    out[o] += static_cast<T>(scale * static_cast<const T*>(a)[first] * static_cast<const T*>(b)[second]);
  });
}
struct indices {
  int out, first, second;
};
template <class Index>
cudnnStatus_t run(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c, const cudnnTensorStruct& y, int algorithm, const void* room, std::size_t bytes, const void* alpha, const void* a, const void* b,
                  const void* beta, void* to, int size, Index&& index) {
  is_steady = is_steady && algorithm == 1;
  math = c.math;
  if (!fits(x, w, c, y) || bytes < workspace || room == nullptr) return CUDNN_STATUS_BAD_PARAM;
  if (x.type == CUDNN_DATA_DOUBLE) add_products<double>(x, w, c, y, alpha, a, b, beta, to, size, index);
  else add_products<float>(x, w, c, y, alpha, a, b, beta, to, size, index);
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace cudnn_double

using cudnnConvolutionFwdAlgoPerf_t = cudnn_double::proposal<cudnnConvolutionFwdAlgo_t>;
using cudnnConvolutionBwdDataAlgoPerf_t = cudnn_double::proposal<cudnnConvolutionBwdDataAlgo_t>;
using cudnnConvolutionBwdFilterAlgoPerf_t = cudnn_double::proposal<cudnnConvolutionBwdFilterAlgo_t>;

inline const char* cudnnGetErrorString(cudnnStatus_t status) { return status == CUDNN_STATUS_BAD_PARAM ? "CUDNN_STATUS_BAD_PARAM" : "cuDNN"; }
inline cudnnStatus_t cudnnCreate(cudnnHandle_t* to) { return *to = new cudnnContext, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* to) { return *to = new cudnnTensorStruct{}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* to) { return *to = new cudnnFilterStruct{}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* to) { return *to = new cudnnConvolutionStruct{}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t to, cudnnTensorFormat_t, cudnnDataType_t type, int n, int c, int h, int w) { return *to = {type, n, c, h, w}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t to, cudnnDataType_t type, cudnnTensorFormat_t, int k, int c, int h, int w) { return *to = {type, k, c, h, w}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t to, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w, cudnnConvolutionMode_t mode, cudnnDataType_t) {
  *to = {{pad_h, pad_w}, {u, v}, {dilation_h, dilation_w}, 1, mode, CUDNN_DEFAULT_MATH};
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t to, int groups) { return to->groups = groups, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t to, cudnnMathType_t math) { return to->math = math, CUDNN_STATUS_SUCCESS; }

inline cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t y, int wanted, int* count, cudnnConvolutionFwdAlgoPerf_t* to) {
  return cudnn_double::propose(cudnn_double::fits(*x, *w, *c, *y), *c, wanted, count, to);
}
inline cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t dx, int wanted, int* count, cudnnConvolutionBwdDataAlgoPerf_t* to) {
  return cudnn_double::propose(cudnn_double::fits(*dx, *w, *c, *dy), *c, wanted, count, to);
}
inline cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t c, cudnnFilterDescriptor_t dw, int wanted, int* count, cudnnConvolutionBwdFilterAlgoPerf_t* to) {
  return cudnn_double::propose(cudnn_double::fits(*x, *dw, *c, *dy), *c, wanted, count, to);
}
inline cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t, cudnnFilterDescriptor_t, cudnnConvolutionDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionFwdAlgo_t, std::size_t* bytes) { return *bytes = cudnn_double::workspace, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t, cudnnFilterDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionBwdDataAlgo_t, std::size_t* bytes) { return *bytes = cudnn_double::workspace, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t, cudnnTensorDescriptor_t, cudnnConvolutionDescriptor_t, cudnnFilterDescriptor_t, cudnnConvolutionBwdFilterAlgo_t, std::size_t* bytes) { return *bytes = cudnn_double::workspace, CUDNN_STATUS_SUCCESS; }

inline cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void* alpha, cudnnTensorDescriptor_t xs, const void* x, cudnnFilterDescriptor_t ws, const void* w, cudnnConvolutionDescriptor_t c, cudnnConvolutionFwdAlgo_t algorithm, void* room, std::size_t bytes,
                                             const void* beta, cudnnTensorDescriptor_t ys, void* y) {
  ++cudnn_double::counted.forward;
  return cudnn_double::run(*xs, *ws, *c, *ys, algorithm, room, bytes, alpha, x, w, beta, y, ys->n * ys->c * ys->h * ys->w, [](int of_x, int of_w, int of_y) { return cudnn_double::indices{of_y, of_x, of_w}; });
}
inline cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void* alpha, cudnnFilterDescriptor_t ws, const void* w, cudnnTensorDescriptor_t dys, const void* dy, cudnnConvolutionDescriptor_t c, cudnnConvolutionBwdDataAlgo_t algorithm, void* room,
                                                  std::size_t bytes, const void* beta, cudnnTensorDescriptor_t dxs, void* dx) {
  ++cudnn_double::counted.data;
  return cudnn_double::run(*dxs, *ws, *c, *dys, algorithm, room, bytes, alpha, w, dy, beta, dx, dxs->n * dxs->c * dxs->h * dxs->w, [](int of_x, int of_w, int of_y) { return cudnn_double::indices{of_x, of_w, of_y}; });
}
inline cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void* alpha, cudnnTensorDescriptor_t xs, const void* x, cudnnTensorDescriptor_t dys, const void* dy, cudnnConvolutionDescriptor_t c, cudnnConvolutionBwdFilterAlgo_t algorithm, void* room,
                                                    std::size_t bytes, const void* beta, cudnnFilterDescriptor_t dws, void* dw) {
  ++cudnn_double::counted.filter;
  return cudnn_double::run(*xs, *dws, *c, *dys, algorithm, room, bytes, alpha, x, dy, beta, dw, dws->k * dws->c * dws->h * dws->w, [](int of_x, int of_w, int of_y) { return cudnn_double::indices{of_w, of_x, of_y}; });
}
namespace cudnn_double {
template <class T>
void add_channels(const void* alpha, const void* bias, const void* beta, const cudnnTensorStruct& ys, void* y) {
  const tessera::gpu::memory::detail::opened access;
  for (int i = 0; i < ys.n * ys.c * ys.h * ys.w; ++i) {
    T& to = static_cast<T*>(y)[i];
    to = static_cast<T>(*static_cast<const T*>(alpha) * static_cast<const T*>(bias)[i / (ys.h * ys.w) % ys.c] + *static_cast<const T*>(beta) * to);
  }
}
}  // namespace cudnn_double
inline cudnnStatus_t cudnnAddTensor(cudnnHandle_t, const void* alpha, cudnnTensorDescriptor_t as, const void* a, const void* beta, cudnnTensorDescriptor_t cs, void* c) {
  if (as->n != 1 || as->c != cs->c || as->h != 1 || as->w != 1 || as->type != cs->type) return CUDNN_STATUS_BAD_PARAM;
  if (cs->type == CUDNN_DATA_DOUBLE) cudnn_double::add_channels<double>(alpha, a, beta, *cs, c);
  else cudnn_double::add_channels<float>(alpha, a, beta, *cs, c);
  return CUDNN_STATUS_SUCCESS;
}

#include "cudnn_rnn.hpp"
