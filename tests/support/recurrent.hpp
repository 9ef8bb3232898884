// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an LSTM gives at every place, compared with what the registers give.

#include <support/places.hpp>
#include <tessera/autograd/create_graph.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace tessera::tests {

template <Element T, class S>
[[nodiscard]] variable<T, S> placed_input(S shape, int k) {
  return variable<T, S>(placed([&] {
    const with_device on(device::cpu());
    return operand_of<T>(shape, k);
  }()));
}

/// Output, states and gradients of a model in training; recorded: those of the recorded sweep.
template <class Model>
std::vector<std::vector<double>> lstm_here(bool recorded, bool has_state, double dropout) {
  using T = typename Model::element;
  manual_seed(5);
  Model model({.dropout = dropout});
  auto x = placed_input<T>(shape<dyn, dyn, 6>{3, 4}, 0);
  constexpr extent count = Model::layer_count * Model::directions;
  auto h = placed_input<T>(shape<count, dyn, Model::out>{Model::is_batch_first ? 3 : 4}, 1);
  auto c = placed_input<T>(shape<count, dyn, 5>{Model::is_batch_first ? 3 : 4}, 2);
  std::vector<std::vector<double>> all;
  const auto finish = [&](const auto& result) {
    const auto& [y, state] = result;
    for (const auto& list : {numbers_of(y.value()), numbers_of(state.h.value()), numbers_of(state.c.value())}) all.push_back(list);
    const variable loss = sum(square(y)) + sum(state.h) + sum(square(state.c));
    if (recorded) loss.backward(create_graph);
    else loss.backward();
  };
  if (has_state) finish(model(x, h, c));
  else finish(model(x));
  all.push_back(numbers_of(x.grad()));
  if (has_state) all.push_back(numbers_of(h.grad())), all.push_back(numbers_of(c.grad()));
  nn::visit(model, [&](const std::string&, auto& p) {
    if constexpr (nn::is_parameter<std::remove_cvref_t<decltype(p)>>) {
      all.push_back(numbers_of(p.grad()));
      p.zero_grad();  // a recorded gradient holds the graph that holds it
    }
  });
  x.zero_grad(), h.zero_grad(), c.zero_grad();
  return all;
}

template <class Model>
void check_lstm(const char* title, bool has_state, double dropout = 0) {
  using T = typename Model::element;
  for (const bool recorded : {false, true}) {
    const auto wanted = lstm_here<Model>(recorded, has_state, dropout);
    for_each_place([&](const char* name) {
      const auto got = lstm_here<Model>(recorded, has_state, dropout);
      REQUIRE(got.size() == wanted.size());
      for (std::size_t i = 0; i < got.size(); ++i) check_numbers(std::string(title) + " on " + name + ", list " + std::to_string(i), got[i], wanted[i], tolerance<T>);
    });
  }
}

}  // namespace tessera::tests
