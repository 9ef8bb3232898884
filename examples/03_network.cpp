// SPDX-License-Identifier: BSL-1.0
// Chapter 3, networks: a model is a struct. There is no base class to derive from, nothing to register, no macro.

#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/sgd.hpp>
#include <tessera/tensor/create.hpp>
#include <tessera/tensor/print.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <iostream>
#include <numbers>
#include <string>

#include "support/check.hpp"

namespace ts = tessera;
namespace nn = tessera::nn;
using ts::dyn, ts::shape, ts::tensor;

// The parameters of a model are those of its fields; their names are the fields' names.
struct classifier {
  nn::linear<8, 16> hidden;
  nn::linear<16, 3> out;
  nn::dropout drop{0.1};
  // const auto&: one batch size or another, known to the compiler or not, a tensor or an expression.
  auto operator()(const auto& x) const { return out(drop(ts::relu(hidden(x)))); }
};

// Models consist of models. Arrays and vectors of them are fine, too.
struct residual {
  nn::linear<16, 16> inner;
  auto operator()(const auto& x) const { return x + ts::tanh(inner(x)); }
};
struct deep {
  nn::linear<1, 16> in;
  std::array<residual, 2> blocks;
  nn::linear<16, 1> out;
  auto operator()(const auto& x) const {
    ts::variable h = ts::tanh(in(x));
    for (const residual& block : blocks) h = block(h);
    return out(h);
  }
};

// Sizes that only run time knows are dyn. A class with a constructor is no aggregate: it names its fields itself.
class mlp {
 public:
  mlp(ts::extent in, ts::extent width, ts::extent out) : first_{in, width}, second_{width, out} {}
  auto operator()(const auto& x) const { return second_(ts::relu(first_(x))); }
  void fields(auto visit) { visit("first", first_), visit("second", second_); }

 private:
  nn::linear<dyn, dyn> first_, second_;
};

void structs() {
  std::cout << "1. A model is a struct\n";
  ts::manual_seed(0);
  classifier model;
  const auto x = ts::randn<float>(shape<5, 8>{});
  const auto scores = model(x);
  static_assert(std::same_as<ts::shape_t<decltype(scores)>, shape<5, 3>>);  // an input of 9 columns would not compile
  std::cout << nn::summary(model) << scores << '\n';
  check(nn::parameter_count(model) == 8 * 16 + 16 + 16 * 3 + 3, "every parameter was found");

  // Dropout, and whatever else trains and predicts differently, asks a flag that train() and eval() set in the whole model.
  nn::eval(model);
  check(std::ranges::equal(model(x).span(), model(x).span()), "in eval mode nothing is dropped");

  // The same seed gives the same weights, those that PyTorch would draw. A copy is a model of its own.
  ts::manual_seed(0);
  const classifier twin;
  classifier copy = twin;
  copy.out.bias = ts::zeros<float>(shape<3>{});
  check(std::ranges::equal(twin.hidden.weight.span(), model.hidden.weight.span()), "initialised by seed");
  check(copy.out.bias(0) == 0 && twin.out.bias(0) != 0, "copying a model copies its weights");
}

void other_kinds() {
  std::cout << "2. Other kinds of models\n";
  const nn::sequential chain{nn::linear<8, 4>{}, nn::tanh{}, nn::linear<4, 2, nn::no_bias>{}};
  mlp open(8, 4, 2);
  deep nested;
  std::cout << nn::summary(nested);
  const auto x = ts::ones<float>(shape<dyn, 8>{5});
  check(chain(x).size(0) == 5 && open(x).size(1) == 2, "sequential, and sizes known at run time");
  check(nn::parameters(nested)[2].name == "blocks.0.inner.weight", "names are paths");
  // A size that the compiler could not check is checked when the program runs.
  const std::string message = error_of<ts::shape_error>([&] { static_cast<void>(open(ts::ones<float>(shape<5, 9>{}))); });
  std::cout << message << '\n';
  check(message.find("[5, 9]") != std::string::npos, "an error names the shapes");
}

void regression() {
  std::cout << "3. Learning y = sin(x)\n";
  ts::manual_seed(1);
  deep model;
  ts::optim::sgd optimizer{model, {.lr = 0.02, .momentum = 0.9}};
  const tensor x = ts::reshape(ts::linspace<float, 64>(-std::numbers::pi, std::numbers::pi), shape<64, 1>{});
  const tensor y = ts::sin(x);
  float last = 0;
  for (int step = 0; step <= 600; ++step) {
    optimizer.zero_grad();
    auto loss = nn::mse_loss(model(x), y);  // from the model to the loss, all is recorded ...
    loss.backward();                        // ... so that every parameter gets its gradient ...
    optimizer.step();                       // ... and moves a little against it
    last = loss.item();
    if (step % 150 == 0) std::cout << "step " << step << ": loss " << last << '\n';
  }
  const ts::no_grad guard;
  const float guess = model(tensor{{1.f}}).item();
  std::cout << "sin(1) = " << guess << '\n';
  check(last < 0.001f && close(guess, std::sin(1.0), 0.03), "the network knows sin(1)");
}

int main() {
  structs();
  other_kinds();
  regression();
  return checks::result();
}
