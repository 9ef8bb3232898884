// SPDX-License-Identifier: BSL-1.0
// Devices: the same loop on a GPU where there is one, and on the processor elsewhere. Compiled by nvcc it can use both.

#include <tessera/tessera.hpp>

#include <cmath>
#include <cstdio>

namespace ts = tessera;
using ts::shape;

struct classifier {
  ts::nn::linear<2, 32> fc1;
  ts::nn::linear<32, 2> fc2;
  auto operator()(const auto& x) const { return fc2(ts::tanh(fc1(x))); }
};

/// Two spirals, one for each label.
auto spirals(ts::extent count) {
  auto points = ts::zeros<float>(shape<ts::dyn, 2>{count});
  auto labels = ts::zeros<std::int64_t>(shape<ts::dyn>{count});
  for (ts::extent i = 0; i < count; ++i) {
    const float turn = 5.F * static_cast<float>(i / 2) / static_cast<float>(count / 2), side = i % 2 == 0 ? 1.F : -1.F;
    points(i, 0) = side * turn * std::cos(turn) / 4.F;
    points(i, 1) = side * turn * std::sin(turn) / 4.F;
    labels(i) = i % 2;
  }
  return std::pair{points, labels};
}

int main() {
  // A device is a value that is known when the program runs; no type mentions it.
  const ts::device device = ts::gpu::is_available() ? ts::device::gpu() : ts::device::cpu();
  std::printf("using %s\n", to_string(device).c_str());

  ts::manual_seed(0);
  classifier model;
  to(model, device);  // the parameters move; the optimiser finds them wherever they are
  ts::optim::adam optimizer{model, {.lr = 1e-2}};
  const auto [points, labels] = spirals(400);
  ts::data::loader train{ts::data::tensor_dataset{points, labels}, {.batch_size = 50, .shuffle = true, .device = device}};

  // What a step gives to a GPU is captured once and then given as a whole: so small a step costs the processor more than the GPU. On the
  // processor a call does what is written, each time.
  ts::gpu::graph step(device, [&](const auto& x, const auto& y) {
    optimizer.zero_grad();
    auto loss = ts::nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  float last = 0;
  for (int epoch = 0; epoch < 60; ++epoch)
    for (auto&& [x, y] : train) {  // batches are on the device, copied while it was at work on the one before
      const auto loss = step(x, y);
      if (epoch == 59) last = loss.item();  // only this waits
    }
  std::printf("the last loss is %.4f; %ld steps were replayed\n", static_cast<double>(last), step.replays());

  const ts::no_grad guard;
  const auto predicted = ts::argmax(model(to(points, device)), ts::axis<1>);  // on the device
  const auto right = ts::sum(predicted == to(labels, device)).item();         // item() waits for it
  std::printf("%lld of 400 points named rightly\n", static_cast<long long>(right));

  // Operands in different places are an error that names them.
  if (device != ts::device::cpu()) {
    try {
      static_cast<void>(ts::tensor(to(points, device) * points));
      return 1;
    } catch (const ts::device_error& e) {
      std::printf("%s\n", e.what());
    }
  }
  return right >= 380 ? 0 : 1;
}
