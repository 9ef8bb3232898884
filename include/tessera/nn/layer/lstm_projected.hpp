// SPDX-License-Identifier: BSL-1.0
#pragma once
// A layer of an LSTM whose outputs are a product of its hidden values: the steps in operations, which every device has and which can be
// differentiated any number of times. Compiled for models that ask for it.

#include <tessera/nn/layer/lstm_run.hpp>

namespace tessera::nn::detail {

/// Values that come one after the other, joined along their first axis in pairs: each is copied as often as their number has digits.
template <class V>
class joined_in_turn {
 public:
  explicit joined_in_turn(bool reverse) : reverse_(reverse) {}
  void add(V x) {
    int k = 0;
    for (; parts_[k].shape().rank != 0; ++k) x = join(std::exchange(parts_[k], V()), x);
    parts_[k] = std::move(x);
  }
  [[nodiscard]] V all() const {
    V x;
    for (const V& part : parts_)
      if (part.shape().rank != 0) x = x.shape().rank == 0 ? part : join(part, x);
    return x;
  }

 private:
  [[nodiscard]] V join(const V& before, const V& after) const { return reverse_ ? apply(op::concat{0}, after, before) : apply(op::concat{0}, before, after); }

  bool reverse_;  // the last comes first
  V parts_[48];   // part k has 2ᵏ values, or none
};

/// One layer in one direction over x [steps, batch, in], from h0 [batch, out] and c0 [batch, hidden], or zeros where they are absent.
template <std::floating_point T>
[[nodiscard]] TESSERA_COLD lstm_values<T> run_projected(const autograd::any_variable<T>& x, const autograd::any_variable<T>& h0, const autograd::any_variable<T>& c0, const lstm_weights<T>& w, bool reverse) {
  using V = autograd::any_variable<T>;
  const with_device on(x.value.hold.device());
  const extent steps = x.shape()[0], batch = x.shape()[1], out = w.w_hr.shape()[0], n = w.w_hr.shape()[1];
  const V one = V::constant(1), half = V::constant(0.5), w_hh = op::transposed(w.w_hh), w_hr = op::transposed(w.w_hr);
  const auto squash = [&](const V& v) { return half * (one + lane::tanh(V(half * v))); };  // σ, finite in its derivatives too
  V inputs = apply(op::matmul{}, op::rows_of(x), op::transposed(w.w_ih));
  if (w.b_ih.shape().rank != 0) inputs = inputs + w.b_ih + w.b_hh;  // one by one: each gets a gradient that is its own
  inputs = apply(op::change_shape{{steps, batch, 4 * n}}, inputs);
  V h = h0.shape().rank != 0 ? h0 : V(any_tensor<T>::filled({batch, out}, T(0))), c = c0.shape().rank != 0 ? c0 : V(any_tensor<T>::filled({batch, n}, T(0)));
  joined_in_turn<V> outputs(reverse);
  for (extent s = 0; s < steps; ++s) {
    const V z = op::part_of(inputs, reverse ? steps - 1 - s : s) + apply(op::matmul{}, h, w_hh);
    const auto gate = [&](extent k) { return apply(op::read_strided{{batch, n}, {4 * n, 1}, k * n}, z); };
    c = squash(gate(1)) * c + squash(gate(0)) * lane::tanh(gate(2));
    h = apply(op::matmul{}, V(squash(gate(3)) * lane::tanh(c)), w_hr);
    outputs.add(apply(op::change_shape{{1, batch, out}}, h));
  }
  return {outputs.all(), apply(op::change_shape{{1, batch, out}}, h), apply(op::change_shape{{1, batch, n}}, c)};
}

}  // namespace tessera::nn::detail
