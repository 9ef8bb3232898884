// SPDX-License-Identifier: BSL-1.0
// expect: reshape_sizes_do_not_fit<tessera::shape<2, 3>, tessera::shape<7>>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<2, 3>> a;
  auto b = tessera::reshape(a, tessera::shape<7>{});
}
