// SPDX-License-Identifier: BSL-1.0
// Prints the layout that the processor's compiler sees.
#include "layout.hpp"

#include <cstdio>

int main() {
  using namespace layout;
  constexpr unsigned long long all[] = {
#include "layout.inc"
  };
  for (unsigned long long each : all) std::printf("%llu ", each);
}
