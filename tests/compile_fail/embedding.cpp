// SPDX-License-Identifier: BSL-1.0
// expect: embedding_indices_are_integers<float>
// max_lines: 15
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor<float, tessera::shape<64>> x;
  tessera::tensor<float, tessera::shape<128, 4>> w;
  auto y = tessera::embedding(x, w);
}
