// SPDX-License-Identifier: BSL-1.0
#include <tessera.hpp>
#include <tessera.hpp>

int main() {
  tessera::tensor w{{2.f}, {3.f}};
  const tessera::tensor x{{5.f, 7.f}};
  return tessera::sum(tessera::matmul(x, w)).item() == 31.f ? 0 : 1;
}
