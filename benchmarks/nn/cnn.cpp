// SPDX-License-Identifier: BSL-1.0
// The convolutional network of the comparison.

#include "trainer.hpp"

#include <peers/cnn.hpp>

namespace ts = tessera;

namespace {

struct network {
  ts::nn::conv2d<1, peers::first_channels, 3, ts::padding<1>> conv1;
  ts::nn::conv2d<peers::first_channels, peers::second_channels, 3, ts::padding<1>> conv2;
  ts::nn::max_pool2d<2> pool;
  ts::nn::linear<peers::features, peers::hidden> fc1;
  ts::nn::linear<peers::hidden, peers::classes> fc2;

  auto operator()(const auto& x) const {
    auto h1 = pool(ts::relu(conv1(x)));
    auto h2 = pool(ts::relu(conv2(h1)));
    auto h3 = ts::relu(fc1(ts::flatten(h2, ts::axis<1>)));
    return fc2(h3);
  }
  void start() {
    peers::for_each_layer([&](int layer, int, int, const auto& weight, const auto& bias) {
      if (layer == 0) ::start(conv1, weight, bias);
      else if (layer == 1) ::start(conv2, weight, bias);
      else if (layer == 2) ::start(fc1, weight, bias);
      else ::start(fc2, weight, bias);
    });
  }
};

}  // namespace

int main() { return peers::serve<trainer<network, ts::shape<ts::dyn, 1, peers::side, peers::side>>>(); }
