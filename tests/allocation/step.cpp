// SPDX-License-Identifier: BSL-1.0
// A training step that has run once asks the system for no memory.
#include <allocation/counting.hpp>
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {
namespace {

/// The requests of the last of several runs.
template <class Step>
[[nodiscard]] long requests_once_warm(Step step) {
  for (int i = 0; i < 3; ++i) step();
  const long before = allocations;
  step();
  return allocations - before;
}

/// A classifier of two layers.
struct network {
  variable<float, shape<8, 6>> first{operand_of<float>(shape<8, 6>{}, 0, {-0.5, 0.5})};
  variable<float, shape<8>> first_bias{operand_of<float>(shape<8>{}, 1, {-0.5, 0.5})};
  variable<float, shape<3, 8>> second{operand_of<float>(shape<3, 8>{}, 2, {-0.5, 0.5})};
  variable<float, shape<3>> second_bias{operand_of<float>(shape<3>{}, 3, {-0.5, 0.5})};

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    return log_softmax(linear(relu(linear(x, first, first_bias)), second, second_bias), axis<1>);
  }
  template <class Visit>
  void for_each(Visit visit) {
    visit(first);
    visit(first_bias);
    visit(second);
    visit(second_bias);
  }
};

}  // namespace

TEST_CASE("a step of one statement asks the system for nothing once warm") {
  const variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  CHECK(requests_once_warm([&] {
          auto leaf = x;
          leaf.zero_grad();
          const variable loss = sum(tanh(x * x) + exp(-x));
          loss.backward();
        }) == 0);
}

TEST_CASE("a training step of two layers asks the system for nothing once warm") {
  network model;
  const auto x = operand_of<float>(shape<5, 6>{}, 4);
  const auto targets = operand_of<float>(shape<5, 3>{}, 5, {0, 1});
  const auto step = [&] {
    model.for_each([](auto& parameter) { parameter.zero_grad(); });
    const variable loss = mean(-sum(targets * model(x), axis<1>));
    loss.backward();
    const no_grad guard;
    model.for_each([](auto& parameter) { parameter -= 0.1f * parameter.grad(); });
  };
  CHECK(requests_once_warm(step) == 0);
}

TEST_CASE("a training step with the rarer options of layers asks the system for nothing once warm") {
  const nn::conv2d<2, 4, 3, same_padding, reflect_padding> mirrored;
  const nn::conv2d<4, 4, 2, same_padding> longer_behind;
  const nn::embedding<9, 4> table{{.max_norm = 0.5, .scale_grad_by_freq = true}};
  const nn::lstm<4, 6, nn::layers<2>, nn::proj_size<3>> cells;
  const auto x = operand_of<float>(shape<dyn, 2, 9, 8>{3}, 4);
  const auto words = tensor<std::int64_t, shape<dyn, 5>>(shape<dyn, 5>{3}, 2);
  const auto shares = operand_of<float>(shape<5, 3>{}, 5, {0, 1});
  const auto step = [&] {
    auto [values, places] = max_pool2d_with_indices(longer_behind(mirrored(x)), window<2>{});
    const variable read = cells(permute(table(words), axes<1, 0, 2>)).output;
    const variable last = select(read, axis<1>, 2);
    const variable loss = sum(avg_pool2d(values, window<2>{}, divisor_override<3>{})) + sum(pad(read, pads<1, 2>{}, circular_padding{})) + nn::cross_entropy(last, shares) +
                          nn::bce_with_logits(last, shares, nn::pos_weight{shares});
    loss.backward();
  };
  CHECK(requests_once_warm(step) == 0);
}

TEST_CASE("a training step of convolutions and poolings asks the system for nothing once warm") {
  variable<float, shape<4, 2, 3, 3>> w(operand_of<float>(shape<4, 2, 3, 3>{}, 0)), deep(operand_of<float>(shape<4, 2, 3, 3>{}, 1));
  variable<float, shape<4>> bias(operand_of<float>(shape<4>{}, 2));
  const auto x = operand_of<float>(shape<dyn, 2, 9, 8>{3}, 4);
  const auto step = [&] {
    w.zero_grad();
    deep.zero_grad();
    bias.zero_grad();
    const variable h = max_pool2d(relu(conv2d(x, w, bias, padding<1>{})), window<2>{});
    const variable loss = sum(avg_pool2d(conv2d(h, deep, stride<2>{}, padding{1}, groups<2>{}), window<2>{}));
    loss.backward();
  };
  CHECK(requests_once_warm(step) == 0);
}

TEST_CASE("a step of run-time shape with reductions and movement asks the system for nothing once warm") {
  variable<float, shape<dyn, dyn>> w(operand_of<float>(shape<dyn, dyn>{7, 5}, 0));
  const auto step = [&] {
    w.zero_grad();
    const variable loss = sum(softmax(transpose(w), axis<0>) * transpose(w)) + max(w) + mean(var(w, axis<1>)) + sum(slice(w, 1) * slice(w, 2));
    loss.backward();
  };
  CHECK(requests_once_warm(step) == 0);
}

TEST_CASE("a step of embedding, lstm and layer_norm asks the system for nothing once warm") {
  struct {
    nn::embedding<9, 6> table{{.padding_idx = 0}};
    nn::lstm<6, 10, nn::layers<2>, nn::bidirectional> cells{{.dropout = 0.1}};
    nn::layer_norm<shape<20>> norm;
  } model;
  const auto parameters = nn::parameters(model);
  const tensor words{{1, 2, 0}, {8, 3, 3}};
  const auto step = [&] {
    for (const nn::named_parameter& p : parameters) p.leaf->adjoint = {};
    const auto [y, state] = model.cells(model.table(words));
    const variable loss = sum(square(model.norm(y))) + sum(state.h * state.c);
    loss.backward();
  };
  CHECK(requests_once_warm(step) == 0);
}

}  // namespace tessera::tests
