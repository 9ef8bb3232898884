// SPDX-License-Identifier: BSL-1.0
#pragma once
// One layer of an LSTM in one direction, and its gradients, by cuDNN: all steps are one call. cuDNN goes through a sequence forwards only;
// for the other direction sequences are turned round before and after.

#include <tessera/backend/copy.hpp>
#include <tessera/backend/items/cudnn_recurrence.hpp>

#if TESSERA_USE_CUDNN

namespace tessera::backend::items::cudnn {

/// Operands of a layer, row-major; those that are absent are null.
template <class T>
struct recurrent_operands {
  const T *x, *h0, *c0, *w_ih, *w_hh, *b_ih, *b_hh;
};

/// What the forward call leaves for the backward ones.
struct recurrent_trace {
  block weights, reserve;  // as cuDNN has them
  bool tf32 = false;       // what was allowed then holds for all calls: the plan, and with it the memory, is another otherwise
  bool is_spent = false;   // has a backward call written over the reserve?
};

/// Copies `steps` rows, the last first.
template <class T>
void turn_round(extent steps, extent row, const T* from, T* to) {
  copy_strided<T>({steps, row}, from + (steps - 1) * row, {-row, 1}, to, {row, 1});
}
/// A sequence in the order in which cuDNN goes through it: itself, or a copy.
template <class T>
class in_order {
 public:
  in_order(const recurrence& r, extent elements, const T* from) : data_(from) {
    if (!r.reverse) return;
    copy_ = block(static_cast<std::size_t>(r.rows() * elements) * sizeof(T));
    turn_round(r.steps, r.batch * elements, from, static_cast<T*>(copy_.data()));
    data_ = static_cast<const T*>(copy_.data());
  }
  [[nodiscard]] const T* data() const { return data_; }

 private:
  block copy_;
  const T* data_;
};
/// Where cuDNN writes a sequence: where it belongs, or apart, until done() turns it round.
template <class T>
class out_of_order {
 public:
  out_of_order(const recurrence& r, extent elements, T* to) : steps_(r.steps), row_(r.batch * elements), to_(to) {
    if (r.reverse) apart_ = block(static_cast<std::size_t>(steps_ * row_) * sizeof(T));
  }
  [[nodiscard]] T* data() const { return apart_ ? static_cast<T*>(apart_.data()) : to_; }
  void done() const {
    if (apart_) turn_round<T>(steps_, row_, data(), to_);
  }

 private:
  extent steps_, row_;
  T* to_;
  block apart_;
};

/// The outputs [steps, batch, hidden] and behind them the last cells. `trace`: null where no gradient will follow. False where cuDNN
/// does not do it.
template <std::floating_point T>
[[nodiscard]] bool run_layer(const recurrence& r, const recurrent_operands<T>& a, T* y, recurrent_trace* trace) {
  const bool again = trace != nullptr && trace->weights, tf32 = again ? trace->tf32 : takes_tf32<T>();
  return with_layer<T>(r, a.b_ih != nullptr, tf32, [&](cudnnHandle_t handle, const recurrent_plan& p) {
    block weights = again ? trace->weights : block(p.weights);
    if (!again) {
      const T* const parts[] = {a.w_ih, a.w_hh, a.b_ih, a.b_hh};
      for (int k = 0; k < 4; ++k)
        if (parts[k] != nullptr) copy(parts[k], p.size_of_place(k), reinterpret_cast<T*>(static_cast<char*>(weights.data()) + p.place[k]));
    }
    const std::size_t room = trace != nullptr ? p.workspace : p.workspace_unread;
    block reserve = trace != nullptr ? block(p.reserve) : block();
    const block workspace(room);
    const in_order<T> x(r, r.in, a.x);
    const out_of_order<T> outputs(r, r.hidden, y);
    T* const last_cells = y + r.rows() * r.hidden;
    const cudnnForwardMode_t mode = trace != nullptr ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE;
    const cudnnStatus_t status = cudnnRNNForward(handle, p.how, mode, nullptr, p.x, x.data(), p.y, outputs.data(), p.state, a.h0, nullptr, p.state, a.c0, last_cells, p.weights, weights.data(), room, workspace.data(),
                                                 trace != nullptr ? p.reserve : 0, reserve.data());
    if (status == CUDNN_STATUS_NOT_SUPPORTED) return false;
    check_lstm(status);
    outputs.done();
    if (trace != nullptr) *trace = {std::move(weights), std::move(reserve), tf32, false};
    return true;
  });
}

/// The adjoints of x, h0 and c0, from g: that of the outputs and behind it that of the last cells. dh and dc: null where nobody asks.
/// A trace serves once; for another time the forward call is made again.
template <std::floating_point T>
void run_layer_backward(const recurrence& r, const recurrent_operands<T>& a, const T* y, const T* g, recurrent_trace& trace, T* dx, T* dh, T* dc) {
  bool is_done = true;
  if (trace.is_spent) {
    const block again(static_cast<std::size_t>((r.rows() + r.batch) * r.hidden) * sizeof(T));
    is_done = run_layer(r, a, static_cast<T*>(again.data()), &trace);
  }
  is_done = is_done && with_layer<T>(r, a.b_ih != nullptr, trace.tf32, [&](cudnnHandle_t handle, const recurrent_plan& p) {
    const block workspace(p.workspace);
    const in_order<T> outputs(r, r.hidden, y), of_outputs(r, r.hidden, g);
    const out_of_order<T> of_x(r, r.in, dx);
    check_lstm(cudnnRNNBackwardData_v8(handle, p.how, nullptr, p.y, outputs.data(), of_outputs.data(), p.x, of_x.data(), p.state, a.h0, nullptr, dh, p.state, a.c0, g + r.rows() * r.hidden, dc, p.weights, trace.weights.data(),
                                       p.workspace, workspace.data(), p.reserve, trace.reserve.data()));
    of_x.done();
    trace.is_spent = true;
    return true;
  });
  if (!is_done) check_lstm(CUDNN_STATUS_NOT_SUPPORTED);
}

/// Memory with the adjoints of w_ih, w_hh, b_ih and b_hh, which begin at the elements `first`. Called behind run_layer_backward.
template <std::floating_point T>
[[nodiscard]] block run_layer_weights(const recurrence& r, const recurrent_operands<T>& a, const T* y, recurrent_trace& trace, extent (&first)[4]) {
  block weights;
  const bool is_done = with_layer<T>(r, a.b_ih != nullptr, trace.tf32, [&](cudnnHandle_t handle, const recurrent_plan& p) {
    weights = block(p.weights);
    weights.clear();  // cuDNN adds to it
    const block workspace(p.workspace);
    const in_order<T> x(r, r.in, a.x), outputs(r, r.hidden, y);
    check_lstm(cudnnRNNBackwardWeights_v8(handle, p.how, CUDNN_WGRAD_MODE_ADD, nullptr, p.x, x.data(), p.state, a.h0, p.y, outputs.data(), p.weights, weights.data(), p.workspace, workspace.data(), p.reserve, trace.reserve.data()));
    for (int k = 0; k < 4; ++k) first[k] = static_cast<extent>(p.place[k] / sizeof(T));
    return true;
  });
  if (!is_done) check_lstm(CUDNN_STATUS_NOT_SUPPORTED);
  return weights;
}

}  // namespace tessera::backend::items::cudnn

#endif  // TESSERA_USE_CUDNN
