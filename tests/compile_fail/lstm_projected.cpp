// SPDX-License-Identifier: BSL-1.0
// expect: lstm_state_does_not_fit<tessera::shape<1, 16, 50>, tessera::shape<1, 16, 20>>
// max_lines: 18
#include <tessera/nn/layer/lstm.hpp>

int main() {
  const tessera::nn::lstm<100, 50, tessera::nn::proj_size<20>> model;
  const tessera::tensor<float, tessera::shape<32, 16, 100>> x;
  const tessera::tensor<float, tessera::shape<1, 16, 50>> state;
  auto [y, last] = model(x, state, state);
}
