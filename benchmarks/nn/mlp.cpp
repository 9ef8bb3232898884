// SPDX-License-Identifier: BSL-1.0
// The fully connected network of the comparison.

#include "trainer.hpp"

#include <peers/mlp.hpp>

namespace ts = tessera;

namespace {

struct network {
  ts::nn::linear<peers::inputs, peers::hidden> fc1;
  ts::nn::linear<peers::hidden, peers::hidden> fc2;
  ts::nn::linear<peers::hidden, peers::classes> fc3;

  auto operator()(const auto& x) const {
    auto h1 = ts::relu(fc1(x));
    auto h2 = ts::relu(fc2(h1));
    return fc3(h2);
  }
  void start() {
    peers::for_each_layer([&](int layer, int, int, const auto& weight, const auto& bias) {
      if (layer == 0) ::start(fc1, weight, bias);
      else if (layer == 1) ::start(fc2, weight, bias);
      else ::start(fc3, weight, bias);
    });
  }
};

}  // namespace

int main() { return peers::serve<trainer<network, ts::shape<ts::dyn, peers::inputs>>>(); }
