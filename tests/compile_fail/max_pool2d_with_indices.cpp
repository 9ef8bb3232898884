// SPDX-License-Identifier: BSL-1.0
// expect: shape_does_not_fit<tessera::max_pool2d_with_indices_fn, tessera::shape<64, 8, 1, 1>>
// max_lines: 20
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 8, 1, 1>> x;
  auto [values, indices] = tessera::max_pool2d_with_indices(x, tessera::window<2>{});
}
