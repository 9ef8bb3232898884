// SPDX-License-Identifier: BSL-1.0
// Training, which the application itself never does: it happens once, where its weights are made.
#include "train.hpp"

#include <tessera/nn/serialize.hpp>
#include <tessera/optim/adam.hpp>
#include <tessera/tensor/create.hpp>

#include <cstdio>
#include <fstream>
#include <string>

#include "formula.hpp"
#include "network.hpp"

namespace ts = tessera;
using ts::shape, ts::tensor;

void train(const char* file) {
  ts::manual_seed(0);
  network model;
  model.center = tensor{20.f, 50.f, 5.f};
  model.spread = tensor{12.f, 30.f, 3.f};
  model.center.requires_grad(false);
  model.spread.requires_grad(false);

  // 0 to 40 °C, 0 to 100 %, 0 to 10 m/s.
  const tensor x = ts::rand<float>(shape<4096, 3>{}) * tensor{40.f, 100.f, 10.f};
  tensor<float, shape<4096, 1>> y;
  for (int i = 0; i < 4096; ++i) y(i, 0) = steadman(x(i, 0), x(i, 1), x(i, 2));

  ts::optim::adam optimizer{model, {.lr = 0.02}};
  for (int step = 0; step < 4000; ++step) {
    if (step == 3000) optimizer.options.lr = 0.002;  // small steps at last, to settle down
    optimizer.zero_grad();
    auto loss = ts::nn::mse_loss(model(x), y);
    loss.backward();
    optimizer.step();
    if (step % 500 == 499) std::printf("step %d: mean squared error %.5f\n", step + 1, static_cast<double>(loss.item()));
  }

  std::ofstream out(file);
  out << "// SPDX-License-Identifier: BSL-1.0\n// Written by 06_embedding --train.";
  int column = 0;
  for (const std::byte b : ts::save(model)) out << (column++ % 24 == 0 ? "\n" : " ") << std::to_integer<int>(b) << ',';
  out << '\n';
  if (!out.flush()) throw ts::io_error(std::string(file) + ": cannot be written");
}
