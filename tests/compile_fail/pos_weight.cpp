// SPDX-License-Identifier: BSL-1.0
// expect: tessera::shape<64, 10>, tessera::shape<9>>
// max_lines: 15
#include <tessera/nn/loss/elementwise.hpp>

int main() {
  const tessera::tensor<float, tessera::shape<64, 10>> logits;
  const tessera::tensor<float, tessera::shape<9>> weight;
  const tessera::tensor loss = tessera::nn::bce_with_logits(logits, logits, tessera::nn::pos_weight{weight});
}
