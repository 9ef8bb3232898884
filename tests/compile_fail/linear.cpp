// SPDX-License-Identifier: BSL-1.0
// expect: linear_shapes_do_not_fit<tessera::shape<64, 784>, tessera::shape<10, 128>>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 784>> x;
  tessera::tensor<float, tessera::shape<10, 128>> w;
  auto y = tessera::linear(x, w);
}
