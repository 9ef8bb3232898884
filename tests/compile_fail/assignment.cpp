// SPDX-License-Identifier: BSL-1.0
// expect: shapes_do_not_fit_in_assignment<tessera::shape<3, 2>, tessera::shape<2, 3>>
// max_lines: 16
// max_lines-clang: 20
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<2, 3>> a;
  tessera::tensor<float, tessera::shape<3, 2>> b = a + a;
}
