// SPDX-License-Identifier: BSL-1.0
// Two source files of one program include everything: what is not inline would be defined twice.
#include "consumer.hpp"

#include <iostream>

int main() {
  static_assert(tessera::has_xsimd == EXPECT_XSIMD);
  const float here = gradient(), there = gradient_in_second();
  std::cout << "tessera " << tessera::version << ", xsimd " << tessera::has_xsimd << ": " << here << ' ' << there << '\n';
  const bool one_generator = &tessera::default_generator() == generator_in_second();
  return here == 20.f && there == 20.f && one_generator ? 0 : 1;
}
