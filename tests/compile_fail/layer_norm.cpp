// SPDX-License-Identifier: BSL-1.0
// expect: layer_norm_shapes_do_not_fit<tessera::shape<64, 784>, tessera::axis_list<1>, tessera::shape<128>>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 784>> x;
  tessera::tensor<float, tessera::shape<128>> w;
  auto y = tessera::layer_norm(x, tessera::axis<1>, w);
}
