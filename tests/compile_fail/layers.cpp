// SPDX-License-Identifier: BSL-1.0
// expect: linear_shapes_do_not_fit<tessera::shape<-1, 128>, tessera::shape<10, 64>>
// max_lines: 20
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

struct net {
  ts::nn::linear<784, 128> fc1;
  ts::nn::linear<64, 10> fc2;
  auto operator()(const auto& x) const { return fc2(ts::relu(fc1(x))); }
};

int main() {
  const net model;
  const auto y = model(ts::tensor<float, ts::shape<ts::dyn, 784>>(ts::shape<ts::dyn, 784>{3}, 1.f));
}
