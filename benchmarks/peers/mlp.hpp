// SPDX-License-Identifier: BSL-1.0
#pragma once
// The network of three fully connected layers.

#include <peers/serve.hpp>

namespace peers {

inline constexpr int hidden = 128;

/// Calls visit(index of the layer, outputs, inputs, weight, bias) for each layer, with the numbers that training starts from.
template <class Visit>
void for_each_layer(Visit visit) {
  constexpr int sizes[] = {inputs, hidden, hidden, classes};
  std::uint32_t next = 0;
  for (int layer = 0; layer < 3; ++layer) {
    const int in = sizes[layer], out = sizes[layer + 1];
    std::vector<float> weight = start_of(in * out, in, next), bias = start_of(out, in, next);
    visit(layer, out, in, weight, bias);
  }
}

}  // namespace peers
