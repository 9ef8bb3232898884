// SPDX-License-Identifier: BSL-1.0
// expect: shape_does_not_fit<tessera::max_pool2d_fn, tessera::shape<64, 8, 1, 1>>
// max_lines: 20
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 8, 1, 1>> x;
  auto y = tessera::max_pool2d(x, tessera::window<2>{});
}
