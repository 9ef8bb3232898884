// SPDX-License-Identifier: BSL-1.0
// expect: lstm_input_does_not_fit<tessera::shape<32, 16, 64>, 100>
// max_lines: 18
#include <tessera/nn/layer/lstm.hpp>

int main() {
  const tessera::nn::lstm<100, 50> model;
  const tessera::tensor<float, tessera::shape<32, 16, 64>> x;
  auto [y, state] = model(x);
}
