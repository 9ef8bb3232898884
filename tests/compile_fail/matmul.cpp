// SPDX-License-Identifier: BSL-1.0
// expect: matmul_shapes_do_not_fit<tessera::shape<64, 784>, tessera::shape<128, 10>>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 784>> x;
  tessera::tensor<float, tessera::shape<128, 10>> w;
  auto y = tessera::matmul(x, w);
}
