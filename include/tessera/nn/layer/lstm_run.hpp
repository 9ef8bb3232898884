// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an LSTM of any sizes does with its layers: once for each element type.

#include <tessera/autograd/variable.hpp>
#include <tessera/op/random/dropout.hpp>
#include <tessera/op/recurrent/lstm.hpp>

#include <span>

#include <tessera/backend/items/draw.hpp>

namespace tessera::nn::detail {

/// The parameters of one layer in one direction; biases may be absent, and w_hr is there where hidden values are projected.
template <std::floating_point T>
struct lstm_weights {
  autograd::any_variable<T> w_ih, w_hh, b_ih, b_hh, w_hr{};
};

/// How the layers are put together.
struct lstm_plan {
  int layers, directions;
  extent in, hidden, out;  // out: as many as hidden, or what these are projected to
  bool batch_first;
  double dropout;  // of what goes from one layer to the next; 0 unless the model is trained
};

template <std::floating_point T>
struct lstm_values {
  autograd::any_variable<T> output, h, c;
};

/// Runs one layer in one direction in a way of its own: [steps, batch, out], and the last states with a first axis of 1.
template <std::floating_point T>
using lstm_layer = lstm_values<T> (*)(const autograd::any_variable<T>& x, const autograd::any_variable<T>& h0, const autograd::any_variable<T>& c0, const lstm_weights<T>& w, bool reverse);

[[noreturn]] TESSERA_COLD_ONCE void refuse_lstm_input(const extents& x, const lstm_plan& plan) {
  const int steps = plan.batch_first && x.rank == 3 ? 1 : 0;
  if (x.back() != plan.in)
    raise<shape_error>({"tessera::nn::lstm: an input of shape ", x, " has not the ", plan.in, " features of the layer at axis ", x.rank - 1});
  raise<shape_error>({"tessera::nn::lstm: an input of shape ", x, " has no steps: axis ", steps, " is empty"});
}
[[noreturn]] TESSERA_COLD_ONCE void refuse_lstm_state(const char* which, const extents& state, const extents& wanted, const extents& x) {
  int axis = 0;
  while (axis < state.rank && axis < wanted.rank && state[axis] == wanted[axis]) ++axis;
  raise<shape_error>({"tessera::nn::lstm: a state ", which, " of shape ", state, " differs at axis ", axis, " from ", wanted,
                     ", which an input of shape ", x, " needs"});
}

/// x times a mask of 0 and 1 / (1 - p).
template <std::floating_point T>
[[nodiscard]] autograd::any_variable<T> drop_out(const autograd::any_variable<T>& x, double p) {
  const auto numbers = op::random_mask<T>::of(tessera::detail::next_numbers(default_generator()), p);
  const with_device on(x.value.hold.device());
  any_tensor<T> mask = any_tensor<T>::uninitialized(x.shape());
#if TESSERA_RUNS_ITEMS
  if (backend::runs_items()) {
    backend::launch(mask.size(), 80, backend::items::draw<op::random_mask<T>, T>{numbers, mask.mutable_data()});
    return x * autograd::any_variable<T>(std::move(mask));
  }
#endif
  backend::with_register<T>([&]<class V>() {
    backend::for_lanes<V>(mask.size(), [&, to = mask.mutable_data()](extent j, int lanes) { backend::store_part(to + j, numbers.template load<V>(j), lanes); });
  });
  return x * autograd::any_variable<T>(std::move(mask));
}

/// Runs the layers over x [steps, batch, in], or [batch, steps, in], or [steps, in]; states h [layers·directions, batch, out] and c [...,
/// hidden], or without the batch, or without axes for zeros. `weights` go layer by layer, and in each forwards first. `own_way`: null
/// where a layer is the operation op::lstm.
template <std::floating_point T>
[[nodiscard]] TESSERA_COLD lstm_values<T> run_lstm(const lstm_plan& plan, const autograd::any_variable<T>& input, const autograd::any_variable<T>& h0, const autograd::any_variable<T>& c0,
                                                   std::span<const lstm_weights<T>> weights, lstm_layer<T> own_way = nullptr) {
  using V = autograd::any_variable<T>;
  const extents own = input.shape();
  const bool single = own.rank == 2, turned = plan.batch_first && !single;
  if (own.back() != plan.in || own[turned ? 1 : 0] == 0) refuse_lstm_input(own, plan);
  V x = single ? apply(op::change_shape{{own[0], 1, own[1]}}, input) : turned ? apply(op::permute_axes{{1, 0, 2}}, input) : input;
  const extent steps = x.shape()[0], batch = x.shape()[1], n = plan.hidden, count = plan.layers * plan.directions;
  const auto state = [&](extent size) { return single ? extents{count, size} : extents{count, batch, size}; };
  if (h0.shape().rank != 0 && h0.shape() != state(plan.out)) refuse_lstm_state("h", h0.shape(), state(plan.out), own);
  if (c0.shape().rank != 0 && c0.shape() != state(n)) refuse_lstm_state("c", c0.shape(), state(n), own);
  const auto start = [&](const V& states, int number) {
    return states.shape().rank == 0 ? V() : op::part_of(single ? apply(op::change_shape{{count, batch, states.shape().back()}}, states) : states, number);
  };

  const extents sequence{steps, batch, n};
  V hn, cn;
  for (int layer = 0; layer < plan.layers; ++layer) {
    V outputs[2];
    for (int direction = 0; direction < plan.directions; ++direction) {
      const int number = layer * plan.directions + direction;
      const lstm_weights<T>& w = weights[static_cast<std::size_t>(number)];
      const V h_before = start(h0, number), c_before = start(c0, number);
      V h, c;
      if (own_way != nullptr) {
        lstm_values<T> y = own_way(x, h_before, c_before, w, direction == 1);
        outputs[direction] = std::move(y.output), h = std::move(y.h), c = std::move(y.c);
      } else {
        const auto is_read = [](const auto&... operands) { return (autograd::is_live(operands.source) || ...); };
        const V y = apply(op::lstm<T>(direction == 1, is_read(x, h_before, c_before, w.w_ih, w.w_hh, w.b_ih, w.b_hh)), x, h_before, c_before, w.w_ih, w.w_hh, w.b_ih, w.b_hh);
        outputs[direction] = apply(op::leading_part{sequence}, y);
        const auto last = [&](extent place) { return apply(op::read_strided{{1, batch, n}, {batch * n, n, 1}, place * batch * n}, y); };
        h = last(direction == 1 ? 0 : steps - 1), c = last(steps);
      }
      hn = number == 0 ? h : apply(op::concat{0}, hn, h);
      cn = number == 0 ? c : apply(op::concat{0}, cn, c);
    }
    x = plan.directions == 2 ? apply(op::concat{2}, outputs[0], outputs[1]) : outputs[0];
    if (plan.dropout > 0 && layer + 1 < plan.layers) x = drop_out(x, plan.dropout);
  }
  if (turned) x = apply(op::permute_axes{{1, 0, 2}}, x);
  if (single) {
    x = apply(op::change_shape{{steps, plan.directions * plan.out}}, x);
    hn = apply(op::change_shape{state(plan.out)}, hn);
    cn = apply(op::change_shape{state(n)}, cn);
  }
  return {std::move(x), std::move(hn), std::move(cn)};
}

}  // namespace tessera::nn::detail
