// SPDX-License-Identifier: BSL-1.0
// A convolutional network that learns the digits: what a program with images compiles.

#include <tessera/data/loader.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/adam.hpp>

#include <cstdio>

#include "support/digits.hpp"

namespace ts = tessera;

struct network {
  ts::nn::conv2d<1, 32, 3, ts::padding<1>> conv1;
  ts::nn::conv2d<32, 64, 3, ts::padding<1>> conv2;
  ts::nn::max_pool2d<2> pool;
  ts::nn::linear<3136, 128> fc1;
  ts::nn::linear<128, 10> fc2;
  ts::nn::dropout drop{0.2};

  auto operator()(const auto& x) const {
    auto h1 = pool(ts::relu(conv1(x)));
    auto h2 = pool(ts::relu(conv2(h1)));
    auto h3 = drop(ts::relu(fc1(ts::flatten(h2, ts::axis<1>))));
    return fc2(h3);
  }
};

int main() {
  auto [training, validation] = digits::load("");
  digits::normalize(training);
  ts::manual_seed(0);
  network model;
  ts::optim::adam optimizer{model, {.lr = 1e-3}};
  ts::data::loader batches{ts::data::tensor_dataset{training.images, training.labels}, {.batch_size = 64, .shuffle = true}};
  double first = 0, last = 0;
  int step = 0;
  for (auto&& [images, labels] : batches) {
    optimizer.zero_grad();
    auto loss = ts::nn::cross_entropy(model(ts::reshape(images, ts::shape<ts::infer, 1, 28, 28>{})), labels);
    loss.backward();
    optimizer.step();
    last = static_cast<double>(loss.item());
    if (step++ == 0) first = last;
    if (step == 50) break;
  }
  ts::save(model, "cnn.safetensors");
  std::printf("loss %.3f, after %d steps %.3f\n", first, step, last);
  return last < first ? 0 : 1;
}
