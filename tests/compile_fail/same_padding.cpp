// SPDX-License-Identifier: BSL-1.0
// expect: same_padding_does_not_fit<tessera::stride<2
// max_lines: 20
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

int main() {
  const ts::nn::conv2d<1, 32, 3, ts::same_padding, ts::stride<2>> layer;
  const auto y = layer(ts::tensor<float, ts::shape<64, 1, 28, 28>>());
}
