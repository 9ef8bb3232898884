// SPDX-License-Identifier: BSL-1.0
#include <tessera/tessera.hpp>

#include <cstdio>
#include <iostream>

namespace ts = tessera;

struct net {  // a model is a struct: no base class, no registration, no macro
  ts::nn::linear<2, 16> hidden;
  ts::nn::linear<16, 1> output;
  auto operator()(const auto& x) const { return output(ts::tanh(hidden(x))); }
};

int main() {
  const ts::tensor x{{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}};  // tensor<float, shape<4, 2>>
  const ts::tensor y{{0.f}, {1.f}, {1.f}, {0.f}};

  ts::manual_seed(0);
  net model;
  ts::optim::adam optimizer{model, {.lr = 0.05}};
  for (int step = 0; step <= 200; ++step) {
    optimizer.zero_grad();
    auto loss = ts::nn::mse_loss(model(x), y);
    loss.backward();
    optimizer.step();
    if (step % 100 == 0) std::printf("step %3d: loss %.4f\n", step, loss.item());
  }
  const ts::no_grad guard;
  const ts::tensor learned = model(x) > 0.5f;
  std::cout << learned << '\n';
  // model(ts::zeros<float>(ts::shape<4, 3>{}));  error: ... 'linear_shapes_do_not_fit<shape<4, 3>, shape<16, 2>>'
}
