// SPDX-License-Identifier: BSL-1.0
#pragma once
// The network behind felt_temperature: for the program that trains it and the one that runs it.

#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>

struct network {
  // How measurements are scaled is no business of the caller: as parameters, these numbers travel with the weights.
  tessera::nn::parameter<float, tessera::shape<3>> center, spread;
  tessera::nn::linear<3, 12> hidden;
  tessera::nn::linear<12, 1> out;

  auto operator()(const auto& x) const { return out(tessera::tanh(hidden((x - center) / spread))) * 10.f + 15.f; }
};
