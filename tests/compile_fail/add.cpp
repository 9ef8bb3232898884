// SPDX-License-Identifier: BSL-1.0
// expect: shapes_do_not_broadcast<tessera::op::add, tessera::shape<2, 3>, tessera::shape<4, 5>>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<2, 3>> a;
  tessera::tensor<float, tessera::shape<4, 5>> b;
  auto c = a + b;
}
