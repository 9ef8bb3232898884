// SPDX-License-Identifier: BSL-1.0
// expect: cross_entropy_shapes_do_not_fit<tessera::shape<64, 10>, tessera::shape<64, 9>>
// max_lines: 15
#include <tessera/nn/loss/cross_entropy.hpp>

int main() {
  const tessera::tensor<float, tessera::shape<64, 10>> logits;
  const tessera::tensor<float, tessera::shape<64, 9>> target;
  const tessera::tensor loss = tessera::nn::cross_entropy(logits, target);
}
