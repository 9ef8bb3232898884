// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a file for GPUs and a file for the processor of one program both use.
#include <tessera/tessera.hpp>

namespace shared {

/// A statement with its gradient, on a device: the sum of both.
inline float value_and_gradient(tessera::device where) {
  tessera::variable w = to(tessera::linspace<float, 100>(-1, 1), where);
  tessera::variable y = tessera::sum(tessera::tanh(w * 2.F) * w);
  y.backward();
  const tessera::tensor twice = w.grad() * 2.F + 1.F;
  return y.item() + tessera::sum(twice).item();
}

/// Defined in the file that is compiled for GPUs.
float value_and_gradient_there(tessera::device where);

}  // namespace shared
