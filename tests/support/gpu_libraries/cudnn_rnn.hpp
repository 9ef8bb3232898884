// SPDX-License-Identifier: BSL-1.0
#pragma once
// The recurrent part of the stand-in for cuDNN: one layer of an LSTM in one direction by the words of cuDNN's manual. The parameters stand
// apart from each other in their memory, and the backward call for the data writes over the reserve. A call that contradicts the
// descriptions is refused; work that comes out of turn is counted, when the GPU does it: a graph may capture it. Only cudnn.h includes this.

enum cudnnRNNAlgo_t { CUDNN_RNN_ALGO_STANDARD = 0 };
enum cudnnRNNMode_t { CUDNN_RNN_TANH = 1, CUDNN_LSTM = 2 };
enum cudnnRNNBiasMode_t { CUDNN_RNN_NO_BIAS = 0, CUDNN_RNN_DOUBLE_BIAS = 2 };
enum cudnnDirectionMode_t { CUDNN_UNIDIRECTIONAL = 0 };
enum cudnnRNNInputMode_t { CUDNN_LINEAR_INPUT = 0 };
enum cudnnRNNDataLayout_t { CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED = 0, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED = 2 };
enum cudnnForwardMode_t { CUDNN_FWD_MODE_INFERENCE = 0, CUDNN_FWD_MODE_TRAINING = 1 };
enum cudnnWgradMode_t { CUDNN_WGRAD_MODE_ADD = 0 };
#define CUDNN_RNN_PADDED_IO_ENABLED 1U

struct cudnnDropoutStruct {
  float p = -1;
};
struct cudnnRNNStruct {
  cudnnDataType_t type;
  bool has_bias;
  cudnnMathType_t math;
  int in, hidden;
};
struct cudnnRNNDataStruct {
  cudnnDataType_t type;
  int steps = 0, batch = 0, elements = 0;
};
using cudnnDropoutDescriptor_t = cudnnDropoutStruct*;
using cudnnRNNDescriptor_t = cudnnRNNStruct*;
using cudnnRNNDataDescriptor_t = cudnnRNNDataStruct*;

namespace cudnn_double {

struct recurrent_calls {
  int descriptions = 0, sequences = 0, forward = 0, unread = 0, data = 0, weights = 0, out_of_turn = 0;
};
inline recurrent_calls recurrent;
inline bool has_no_lstm = false;
inline constexpr std::size_t gap = 64;  // behind each parameter

inline std::size_t size_of(const cudnnRNNStruct& r) { return r.type == CUDNN_DATA_DOUBLE ? 8 : 4; }
/// Where the matrix (kind 0: of inputs, 1: of states) or the bias (2, 3) of a gate begins. Biases come first, which ours do not.
inline std::size_t place(const cudnnRNNStruct& r, int kind, int gate) {
  const auto n = static_cast<std::size_t>(r.hidden), in = static_cast<std::size_t>(r.in), g = static_cast<std::size_t>(gate), e = size_of(r);
  const std::size_t biases = r.has_bias ? 2 * (4 * n * e + gap) : 0;
  if (kind >= 2) return static_cast<std::size_t>(kind - 2) * (4 * n * e + gap) + g * n * e;
  return biases + (kind == 0 ? g * n * in * e : 4 * n * in * e + gap + g * n * n * e);
}
inline std::size_t weight_bytes(const cudnnRNNStruct& r) { return place(r, 1, 4) + gap; }
/// The reserve: a word that says what it holds, then of each row of each step i, f, g, o and c.
enum state : long long { fresh = 0x1111, spent = 0x2222 };
inline std::size_t reserve_bytes(const cudnnRNNStruct& r, const cudnnRNNDataStruct& x) { return 16 + static_cast<std::size_t>(x.steps * x.batch * r.hidden * 5) * size_of(r); }

/// One call's numbers.
template <class T>
struct layer {
  const cudnnRNNStruct& r;
  const cudnnRNNDataStruct& of;
  int steps, batch, n, in;
  layer(const cudnnRNNStruct& rnn, const cudnnRNNDataStruct& x) : r(rnn), of(x), steps(x.steps), batch(x.batch), n(rnn.hidden), in(rnn.in) {}

  template <class P>
  [[nodiscard]] auto* part(P* weights, int kind, int gate) const {
    using byte = std::conditional_t<std::is_const_v<P>, const char, char>;
    return reinterpret_cast<std::conditional_t<std::is_const_v<P>, const T, T>*>(static_cast<byte*>(weights) + place(r, kind, gate));
  }
  [[nodiscard]] T* held(void* reserve, int s, int b) const { return reinterpret_cast<T*>(static_cast<char*>(reserve) + 16) + (s * batch + b) * 5 * n; }

  void forward(const T* x, T* y, const T* hx, T* hy, const T* cx, T* cy, const void* w, void* reserve) const {
    *static_cast<long long*>(reserve) = fresh;
    for (int s = 0; s < steps; ++s)
      for (int b = 0; b < batch; ++b)
        for (int j = 0; j < n; ++j) {
          const T* h = s > 0 ? y + ((s - 1) * batch + b) * n : hx != nullptr ? hx + b * n : nullptr;
          T z[4];
          for (int k = 0; k < 4; ++k) {
            z[k] = r.has_bias ? part(w, 2, k)[j] + part(w, 3, k)[j] : T(0);
            for (int d = 0; d < in; ++d) z[k] += part(w, 0, k)[j * in + d] * x[(s * batch + b) * in + d];
            for (int d = 0; h != nullptr && d < n; ++d) z[k] += part(w, 1, k)[j * n + d] * h[d];
          }
          const auto squash = [](T v) { return T(1) / (T(1) + std::exp(-v)); };
          T* own = held(reserve, s, b);
          const T c = s > 0 ? held(reserve, s - 1, b)[4 * n + j] : cx != nullptr ? cx[b * n + j] : T(0);
          own[j] = squash(z[0]), own[n + j] = squash(z[1]), own[2 * n + j] = std::tanh(z[2]), own[3 * n + j] = squash(z[3]);
          own[4 * n + j] = own[n + j] * c + own[j] * own[2 * n + j];
          y[(s * batch + b) * n + j] = own[3 * n + j] * std::tanh(own[4 * n + j]);
        }
    for (int i = 0; i < batch * n; ++i) {
      if (hy != nullptr) hy[i] = y[(steps - 1) * batch * n + i];
      if (cy != nullptr) cy[i] = held(reserve, steps - 1, i / n)[4 * n + i % n];
    }
  }

  void data(const T* dy, T* dx, const T* dhy, T* dhx, const T* cx, const T* dcy, T* dcx, const void* w, void* reserve) const {
    std::vector<T> dh(static_cast<std::size_t>(n)), dc(dh), before(dh);
    for (int b = 0; b < batch; ++b) {
      for (int j = 0; j < n; ++j) dh[static_cast<std::size_t>(j)] = dhy != nullptr ? dhy[b * n + j] : T(0), dc[static_cast<std::size_t>(j)] = dcy != nullptr ? dcy[b * n + j] : T(0);
      for (int s = steps - 1; s >= 0; --s) {
        T* own = held(reserve, s, b);
        for (int j = 0; j < n; ++j) {
          T &later = dc[static_cast<std::size_t>(j)], i = own[j], f = own[n + j], g = own[2 * n + j], o = own[3 * n + j];
          const T t = std::tanh(own[4 * n + j]), d = dy[(s * batch + b) * n + j] + dh[static_cast<std::size_t>(j)];
          const T c = s > 0 ? held(reserve, s - 1, b)[4 * n + j] : cx != nullptr ? cx[b * n + j] : T(0);
          later += d * o * (1 - t * t);
          own[3 * n + j] = d * t * o * (1 - o);
          own[j] = later * g * i * (1 - i);
          own[2 * n + j] = later * i * (1 - g * g);
          const T kept = later * f;
          own[n + j] = later * c * f * (1 - f);
          later = kept;
        }
        for (int d = 0; d < in; ++d) {
          T& to = dx[(s * batch + b) * in + d] = T(0);
          for (int k = 0; k < 4; ++k)
            for (int j = 0; j < n; ++j) to += own[k * n + j] * part(w, 0, k)[j * in + d];
        }
        for (int d = 0; d < n; ++d) {
          T& to = dh[static_cast<std::size_t>(d)] = T(0);
          for (int k = 0; k < 4; ++k)
            for (int j = 0; j < n; ++j) to += own[k * n + j] * part(w, 1, k)[j * n + d];
        }
      }
      for (int j = 0; j < n; ++j) {
        if (dhx != nullptr) dhx[b * n + j] = dh[static_cast<std::size_t>(j)];
        if (dcx != nullptr) dcx[b * n + j] = dc[static_cast<std::size_t>(j)];
      }
    }
    *static_cast<long long*>(reserve) = spent;
  }

  void weights(const T* x, const T* hx, const T* y, void* dw, void* reserve) const {
    for (int s = 0; s < steps; ++s)
      for (int b = 0; b < batch; ++b)
        for (int k = 0; k < 4; ++k)
          for (int j = 0; j < n; ++j) {
            const T d = held(reserve, s, b)[k * n + j];
            const T* h = s > 0 ? y + ((s - 1) * batch + b) * n : hx != nullptr ? hx + b * n : nullptr;
            for (int i = 0; i < in; ++i) part(dw, 0, k)[j * in + i] += d * x[(s * batch + b) * in + i];
            for (int i = 0; h != nullptr && i < n; ++i) part(dw, 1, k)[j * n + i] += d * h[i];
            if (r.has_bias) part(dw, 2, k)[j] += d, part(dw, 3, k)[j] += d;
          }
  }
};

/// Do the descriptions and the memory fit each other? cuDNN 9 wants no lengths in the GPU's memory.
inline bool fits(const cudnnRNNStruct& r, const int* lengths, const cudnnRNNDataStruct& x, const cudnnRNNDataStruct& y, const cudnnTensorStruct& h, std::size_t weights, const void* w, std::size_t work, const void* room, std::size_t reserve,
                 const void* kept) {
  return lengths == nullptr && x.type == r.type && y.type == r.type && x.steps == y.steps && x.batch == y.batch && x.elements == r.in && y.elements == r.hidden && x.steps > 0 && h.type == r.type && h.n == 1 && h.c == x.batch &&
         h.h == r.hidden && weights == weight_bytes(r) && w != nullptr && work >= workspace && room != nullptr && (kept == nullptr ? reserve == 0 : reserve == reserve_bytes(r, x));
}
/// Gives the GPU f(layer) to do, in the layer's element type.
template <class F>
cudnnStatus_t give(bool fit, const cudnnRNNStruct& r, const cudnnRNNDataStruct& x, const F& f) {
  if (!fit) return CUDNN_STATUS_BAD_PARAM;
  tessera::gpu::memory::detail::give([r, x, f] {
    if (r.type == CUDNN_DATA_DOUBLE) f(layer<double>(r, x));
    else f(layer<float>(r, x));
  });
  return CUDNN_STATUS_SUCCESS;
}
inline void expect(void* reserve, state wanted) {
  if (*static_cast<long long*>(reserve) != wanted) ++recurrent.out_of_turn;
}

}  // namespace cudnn_double

inline cudnnStatus_t cudnnCreateDropoutDescriptor(cudnnDropoutDescriptor_t* to) { return *to = new cudnnDropoutStruct, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetDropoutDescriptor(cudnnDropoutDescriptor_t to, cudnnHandle_t, float p, void* states, std::size_t, unsigned long long) {
  return to->p = p, p == 0 || states != nullptr ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
inline cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return delete d, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t to, cudnnDataType_t type, int axes, const int* sizes, const int* strides) {
  if (axes != 3 || strides[2] != 1 || strides[1] != sizes[2] || strides[0] != sizes[1] * sizes[2]) return CUDNN_STATUS_BAD_PARAM;
  return *to = {type, sizes[0], sizes[1], sizes[2], 1}, CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t* to) { return *to = new cudnnRNNStruct{}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t* to) { return *to = new cudnnRNNDataStruct{}, CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t to, cudnnRNNAlgo_t, cudnnRNNMode_t cell, cudnnRNNBiasMode_t bias, cudnnDirectionMode_t, cudnnRNNInputMode_t, cudnnDataType_t type, cudnnDataType_t precision, cudnnMathType_t math,
                                              int in, int hidden, int projected, int layers, cudnnDropoutDescriptor_t dropout, unsigned flags) {
  ++cudnn_double::recurrent.descriptions;
  if (cudnn_double::has_no_lstm) return CUDNN_STATUS_NOT_SUPPORTED;
  if (cell != CUDNN_LSTM || precision != type || projected != hidden || layers != 1 || dropout->p != 0 || flags != CUDNN_RNN_PADDED_IO_ENABLED) return CUDNN_STATUS_BAD_PARAM;
  return *to = {type, bias == CUDNN_RNN_DOUBLE_BIAS, math, in, hidden}, CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t, cudnnRNNDescriptor_t r, std::size_t* bytes) { return *bytes = cudnn_double::weight_bytes(*r), CUDNN_STATUS_SUCCESS; }
inline cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t, cudnnRNNDescriptor_t r, int layer, std::size_t bytes, const void* weights, int gate, cudnnTensorDescriptor_t matrix, void** at, cudnnTensorDescriptor_t bias, void** bias_at) {
  if (layer != 0 || bytes != cudnn_double::weight_bytes(*r) || weights == nullptr || gate < 0 || gate > 7) return CUDNN_STATUS_BAD_PARAM;
  char* const from = static_cast<char*>(const_cast<void*>(weights));
  *matrix = {r->type, 1, r->hidden, gate < 4 ? r->in : r->hidden, 1};
  *bias = {r->type, 1, r->hidden, 1, 1};
  *at = from + cudnn_double::place(*r, gate / 4, gate % 4);
  *bias_at = r->has_bias ? from + cudnn_double::place(*r, 2 + gate / 4, gate % 4) : nullptr;
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t to, cudnnDataType_t type, cudnnRNNDataLayout_t layout, int steps, int batch, int elements, const int* lengths, void*) {
  ++cudnn_double::recurrent.sequences;
  for (int i = 0; i < batch; ++i)
    if (lengths[i] != steps) return CUDNN_STATUS_BAD_PARAM;
  if (layout != CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED) return CUDNN_STATUS_NOT_SUPPORTED;
  return *to = {type, steps, batch, elements}, CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t, cudnnRNNDescriptor_t r, cudnnForwardMode_t mode, cudnnRNNDataDescriptor_t x, std::size_t* workspace, std::size_t* reserve) {
  *workspace = cudnn_double::workspace + (mode == CUDNN_FWD_MODE_TRAINING ? 64 : 0);
  if (reserve != nullptr) *reserve = mode == CUDNN_FWD_MODE_TRAINING ? cudnn_double::reserve_bytes(*r, *x) : 0;
  return CUDNN_STATUS_SUCCESS;
}
inline cudnnStatus_t cudnnRNNForward(cudnnHandle_t, cudnnRNNDescriptor_t r, cudnnForwardMode_t mode, const int* lengths, cudnnRNNDataDescriptor_t xs, const void* x, cudnnRNNDataDescriptor_t ys, void* y, cudnnTensorDescriptor_t hs, const void* hx,
                                     void* hy, cudnnTensorDescriptor_t cs, const void* cx, void* cy, std::size_t weight_bytes, const void* w, std::size_t work, void* room, std::size_t reserve, void* kept) {
  ++cudnn_double::recurrent.forward;
  cudnn_double::math = r->math;
  if (mode == CUDNN_FWD_MODE_INFERENCE) ++cudnn_double::recurrent.unread;
  const bool fit = (mode == CUDNN_FWD_MODE_TRAINING) == (kept != nullptr) && cs->h == r->hidden && cudnn_double::fits(*r, lengths, *xs, *ys, *hs, weight_bytes, w, work, room, reserve, kept);
  return cudnn_double::give(fit, *r, *xs, [=]<class T>(const cudnn_double::layer<T>& l) {
    std::vector<double> own(kept == nullptr ? cudnn_double::reserve_bytes(l.r, l.of) / sizeof(double) + 1 : 0);
    l.forward(static_cast<const T*>(x), static_cast<T*>(y), static_cast<const T*>(hx), static_cast<T*>(hy), static_cast<const T*>(cx), static_cast<T*>(cy), w, kept == nullptr ? own.data() : kept);
  });
}
inline cudnnStatus_t cudnnRNNBackwardData_v8(cudnnHandle_t, cudnnRNNDescriptor_t r, const int* lengths, cudnnRNNDataDescriptor_t ys, const void* y, const void* dy, cudnnRNNDataDescriptor_t xs, void* dx, cudnnTensorDescriptor_t hs, const void*,
                                             const void* dhy, void* dhx, cudnnTensorDescriptor_t, const void* cx, const void* dcy, void* dcx, std::size_t weight_bytes, const void* w, std::size_t work, void* room, std::size_t reserve,
                                             void* kept) {
  ++cudnn_double::recurrent.data;
  cudnn_double::math = r->math;
  const bool fit = y != nullptr && kept != nullptr && cudnn_double::fits(*r, lengths, *xs, *ys, *hs, weight_bytes, w, work, room, reserve, kept);
  return cudnn_double::give(fit, *r, *xs, [=]<class T>(const cudnn_double::layer<T>& l) {
    cudnn_double::expect(kept, cudnn_double::fresh);
    l.data(static_cast<const T*>(dy), static_cast<T*>(dx), static_cast<const T*>(dhy), static_cast<T*>(dhx), static_cast<const T*>(cx), static_cast<const T*>(dcy), static_cast<T*>(dcx), w, kept);
  });
}
inline cudnnStatus_t cudnnRNNBackwardWeights_v8(cudnnHandle_t, cudnnRNNDescriptor_t r, cudnnWgradMode_t, const int* lengths, cudnnRNNDataDescriptor_t xs, const void* x, cudnnTensorDescriptor_t hs, const void* hx, cudnnRNNDataDescriptor_t ys,
                                                const void* y, std::size_t weight_bytes, void* dw, std::size_t work, void* room, std::size_t reserve, void* kept) {
  ++cudnn_double::recurrent.weights;
  cudnn_double::math = r->math;
  return cudnn_double::give(kept != nullptr && cudnn_double::fits(*r, lengths, *xs, *ys, *hs, weight_bytes, dw, work, room, reserve, kept), *r, *xs, [=]<class T>(const cudnn_double::layer<T>& l) {
    cudnn_double::expect(kept, cudnn_double::spent);
    l.weights(static_cast<const T*>(x), static_cast<const T*>(hx), static_cast<const T*>(y), dw, kept);
  });
}
