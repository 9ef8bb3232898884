// SPDX-License-Identifier: BSL-1.0
// expect: loss_shapes_do_not_fit<tessera::op::squared_error, tessera::shape<4, 3>, tessera::shape<4>>
// max_lines: 15
#include <tessera/nn/loss/elementwise.hpp>

int main() {
  const tessera::tensor<float, tessera::shape<4, 3>> output;
  const tessera::tensor<float, tessera::shape<4>> target;
  const auto loss = tessera::nn::mse_loss(output, target);
}
