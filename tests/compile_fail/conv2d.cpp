// SPDX-License-Identifier: BSL-1.0
// expect: conv2d_shapes_do_not_fit<tessera::shape<64, 3, 28, 28>, tessera::shape<32, 1, 3, 3>>
// max_lines: 20
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

int main() {
  const ts::nn::conv2d<1, 32, 3, ts::padding<1>> layer;
  const auto y = layer(ts::tensor<float, ts::shape<64, 3, 28, 28>>());
}
