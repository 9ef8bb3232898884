// SPDX-License-Identifier: BSL-1.0
// expect: linear_shapes_do_not_fit<tessera::shape<64, 100>, tessera::shape<128, 784>>
// max_lines: 20
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

struct simple_net {
  ts::nn::linear<784, 128> fc1;
  ts::nn::linear<128, 128> fc2;
  ts::nn::linear<128, 10> fc3;
  ts::nn::dropout drop{0.2};

  auto operator()(const auto& x) const {
    auto h1 = drop(ts::relu(fc1(x)));
    auto h2 = drop(ts::relu(fc2(h1)));
    return fc3(h2);
  }
};

int main() {
  const simple_net model;
  const ts::tensor<float, ts::shape<64, 100>> images;
  ts::variable loss = ts::nn::cross_entropy(model(images), ts::tensor<int, ts::shape<64>>());
  loss.backward();
}
