// SPDX-License-Identifier: BSL-1.0
// expect: pads_do_not_fit<tessera::shape<64, 8>, tessera::pads<8, 1>, tessera::reflect_padding>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64, 8>> x;
  auto y = tessera::pad(x, tessera::pads<8, 1>{}, tessera::reflect_padding{});
}
