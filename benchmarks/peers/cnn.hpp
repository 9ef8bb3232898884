// SPDX-License-Identifier: BSL-1.0
#pragma once
// The convolutional network: 1 -> 32 -> 64 channels by kernels of 3 x 3 with padding 1, each with relu and a maximum over 2 x 2, then
// 3136-128-10.

#include <peers/serve.hpp>

namespace peers {

inline constexpr int side = 28, first_channels = 32, second_channels = 64, features = 64 * 7 * 7, hidden = 128;

/// Calls visit(index of the layer, outputs, inputs of one output, weight, bias) for each layer, with the numbers that training
/// starts from. Weights of convolutions are [outputs, channels, 3, 3].
template <class Visit>
void for_each_layer(Visit visit) {
  constexpr int in[] = {9, first_channels * 9, features, hidden}, out[] = {first_channels, second_channels, hidden, classes};
  std::uint32_t next = 0;
  for (int layer = 0; layer < 4; ++layer) {
    std::vector<float> weight = start_of(in[layer] * out[layer], in[layer], next), bias = start_of(out[layer], in[layer], next);
    visit(layer, out[layer], in[layer], weight, bias);
  }
}

}  // namespace peers
