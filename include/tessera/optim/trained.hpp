// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an optimiser keeps of a parameter.

#include <tessera/nn/module.hpp>

namespace tessera::optim::detail {

/// A parameter that is trained and what an optimiser keeps of it: blocks of as many elements, made when first used.
template <int Slots>
struct trained {
  nn::named_parameter parameter;
  block state[Slots + 1];
};

/// The elements of one parameter in one step.
template <class T, int Slots>
struct spans {
  T* value;
  const T* gradient;
  T* state[Slots + 1];
  extent size;
};

template <class T, int Slots>
[[nodiscard]] spans<T, Slots> spans_of(const trained<Slots>& p) {
  const autograd::leaf_node& n = p.parameter.node();
  spans<T, Slots> s{static_cast<T*>(n.value.data()), static_cast<const T*>(n.adjoint.data()), {}, p.parameter.size()};
  for (int k = 0; k < Slots; ++k) s.state[k] = p.state[k] ? static_cast<T*>(p.state[k].data()) : nullptr;
  return s;
}

}  // namespace tessera::optim::detail
