// SPDX-License-Identifier: BSL-1.0
// expect: pads_do_not_fit<tessera::shape<64, 1, 28, 4>, tessera::padding<4
// max_lines: 20
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

int main() {
  const ts::nn::conv2d<1, 32, 3, ts::padding<4>, ts::reflect_padding> layer;
  const auto y = layer(ts::tensor<float, ts::shape<64, 1, 28, 4>>());
}
