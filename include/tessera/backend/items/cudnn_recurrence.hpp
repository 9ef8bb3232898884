// SPDX-License-Identifier: BSL-1.0
#pragma once
// How cuDNN is told of a layer of an LSTM, and of the sequences that go through it: plain C++, for .cpp and .cu files alike.

#include <tessera/backend/items/cudnn.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_USE_CUDNN

#include <concepts>

namespace tessera::backend::items::cudnn {

/// A layer and what goes through it.
struct recurrence {
  extent steps, batch, in, hidden;
  bool reverse;

  [[nodiscard]] extent rows() const { return steps * batch; }
};

/// The description of a layer, kept for good, and of the sequences that went through it last.
struct recurrent_plan {
  struct problem {
    int is_double, tf32, has_bias, in, hidden;
    friend bool operator==(const problem&, const problem&) = default;
  } of{};
  cudnnRNNDescriptor_t how = nullptr;
  cudnnRNNDataDescriptor_t x = nullptr, y = nullptr;
  cudnnTensorDescriptor_t state = nullptr;
  bool is_possible = false;
  std::size_t weights = 0, place[4] = {};  // bytes of the parameters, and where in them w_ih, w_hh, b_ih and b_hh are
  int steps = 0, batch = 0;
  std::size_t workspace = 0, workspace_unread = 0, reserve = 0;  // for these; unread: where no gradient will follow

  [[nodiscard]] std::size_t element() const { return of.is_double != 0 ? sizeof(double) : sizeof(float); }
  [[nodiscard]] extent size_of_place(int k) const { return extent{4} * of.hidden * (k == 0 ? of.in : k == 1 ? of.hidden : 1); }
};

/// The layers that a GPU has met; the mutex of its context guards them.
struct recurrent_plans {
  cudnnDropoutDescriptor_t no_dropout = nullptr;
  std::vector<recurrent_plan> all;
  std::vector<int> lengths;  // of the sequences: here so that it is allocated once
};
[[nodiscard]] inline recurrent_plans& recurrent_plans_of(int gpu) {
  static recurrent_plans* const all = new recurrent_plans[tessera::gpu::memory::detail::most_gpus];
  return all[gpu];
}

inline void check_lstm(cudnnStatus_t status) { check(status, "nn::lstm"); }

/// Finds where cuDNN has the parameters. False where the four gates of one do not follow each other as ours do.
[[nodiscard]] inline bool find_places(cudnnHandle_t handle, recurrent_plan& p) {
  const block room(p.weights);
  cudnnTensorDescriptor_t matrix = nullptr, bias = nullptr;
  check_lstm(cudnnCreateTensorDescriptor(&matrix));
  check_lstm(cudnnCreateTensorDescriptor(&bias));
  bool follow = true;
  for (int gate = 0; gate < 8; ++gate) {
    void* at[2] = {};
    check_lstm(cudnnGetRNNWeightParams(handle, p.how, 0, p.weights, room.data(), gate, matrix, &at[0], bias, &at[1]));
    for (int k = 0; k < 1 + p.of.has_bias; ++k) {
      const int part = 2 * k + gate / 4;
      const auto place = static_cast<std::size_t>(static_cast<const char*>(at[k]) - static_cast<const char*>(room.data()));
      if (gate % 4 == 0) p.place[part] = place;
      follow = follow && place == p.place[part] + static_cast<std::size_t>(p.size_of_place(part) / 4 * (gate % 4)) * p.element();
    }
  }
  check_lstm(cudnnDestroyTensorDescriptor(matrix));
  check_lstm(cudnnDestroyTensorDescriptor(bias));
  return follow;
}

/// Describes a layer that was not met before.
inline void describe(context& with, recurrent_plans& known, recurrent_plan& p) {
  if (known.no_dropout == nullptr) {
    check_lstm(cudnnCreateDropoutDescriptor(&known.no_dropout));
    check_lstm(cudnnSetDropoutDescriptor(known.no_dropout, with.handle, 0.F, nullptr, 0, 0));
  }
  check_lstm(cudnnCreateRNNDescriptor(&p.how));
  check_lstm(cudnnCreateRNNDataDescriptor(&p.x));
  check_lstm(cudnnCreateRNNDataDescriptor(&p.y));
  check_lstm(cudnnCreateTensorDescriptor(&p.state));
  const cudnnDataType_t type = p.of.is_double != 0 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
  const cudnnStatus_t status = cudnnSetRNNDescriptor_v8(p.how, CUDNN_RNN_ALGO_STANDARD, CUDNN_LSTM, p.of.has_bias != 0 ? CUDNN_RNN_DOUBLE_BIAS : CUDNN_RNN_NO_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, type, type,
                                                        p.of.is_double == 0 && p.of.tf32 == 0 ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH, p.of.in, p.of.hidden, p.of.hidden, 1, known.no_dropout, CUDNN_RNN_PADDED_IO_ENABLED);
  if (status != CUDNN_STATUS_SUCCESS) return;
  check_lstm(cudnnGetRNNWeightSpaceSize(with.handle, p.how, &p.weights));
  p.is_possible = find_places(with.handle, p);
}

/// Describes the sequences, which are all of one length.
inline void fit(context& with, recurrent_plans& known, recurrent_plan& p, int steps, int batch) {
  if (p.steps == steps && p.batch == batch) return;
  const cudnnDataType_t type = p.of.is_double != 0 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
  known.lengths.assign(static_cast<std::size_t>(batch), steps);
  check_lstm(cudnnSetRNNDataDescriptor(p.x, type, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, steps, batch, p.of.in, known.lengths.data(), nullptr));
  check_lstm(cudnnSetRNNDataDescriptor(p.y, type, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, steps, batch, p.of.hidden, known.lengths.data(), nullptr));
  const int sizes[] = {1, batch, p.of.hidden}, strides[] = {batch * p.of.hidden, p.of.hidden, 1};
  check_lstm(cudnnSetTensorNdDescriptor(p.state, type, 3, sizes, strides));
  check_lstm(cudnnGetRNNTempSpaceSizes(with.handle, p.how, CUDNN_FWD_MODE_INFERENCE, p.x, &p.workspace_unread, nullptr));
  check_lstm(cudnnGetRNNTempSpaceSizes(with.handle, p.how, CUDNN_FWD_MODE_TRAINING, p.x, &p.workspace, &p.reserve));
  p.steps = steps, p.batch = batch;
}

/// May products of T be computed in TF32 now?
template <std::floating_point T>
[[nodiscard]] bool takes_tf32() { return std::same_as<T, float> && tessera::gpu::detail::tf32_allowed; }

/// Calls run(handle, plan), which says whether it was done, where cuDNN takes the layer.
template <std::floating_point T, class Run>
[[nodiscard]] bool with_layer(const recurrence& r, bool has_bias, bool tf32, Run&& run) {
  constexpr extent most = std::numeric_limits<int>::max();
  if (!current_device().is_gpu() || r.rows() == 0 || r.hidden == 0 || r.in == 0 || r.rows() > most || r.batch * r.hidden > most || r.in > most) return false;
  const int gpu = current_device().index();
  const tessera::gpu::chosen scope(gpu);
  context& with = of(gpu);
  const std::lock_guard lock(with.access);
  with.make(gpu);
  recurrent_plans& known = recurrent_plans_of(gpu);
  const recurrent_plan::problem wanted{std::same_as<T, double>, tf32, has_bias, static_cast<int>(r.in), static_cast<int>(r.hidden)};
  std::size_t k = 0;
  while (k < known.all.size() && !(known.all[k].of == wanted)) ++k;
  if (k == known.all.size()) {
    recurrent_plan p;
    p.of = wanted;
    describe(with, known, p);
    known.all.push_back(p);
  }
  recurrent_plan& p = known.all[k];
  if (!p.is_possible) return false;
  fit(with, known, p, static_cast<int>(r.steps), static_cast<int>(r.batch));
  return run(with.handle, static_cast<const recurrent_plan&>(p));
}

}  // namespace tessera::backend::items::cudnn

#endif  // TESSERA_USE_CUDNN
