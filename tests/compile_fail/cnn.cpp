// SPDX-License-Identifier: BSL-1.0
// expect: linear_shapes_do_not_fit<tessera::shape<-1, 3136>, tessera::shape<10, 1568>>
// max_lines-gcc: 16
// max_lines-clang: 28
#include <tessera/nn/nn.hpp>

namespace ts = tessera;

int main() {
  const ts::nn::sequential model{ts::nn::conv2d<1, 64, 3, ts::padding<1>>{}, ts::nn::relu{}, ts::nn::max_pool2d<4>{}, ts::nn::flatten{}, ts::nn::linear<1568, 10>{}};
  const auto y = model(ts::tensor<float, ts::shape<ts::dyn, 1, 28, 28>>(ts::shape<ts::dyn, 1, 28, 28>{3}, 1.f));
}
