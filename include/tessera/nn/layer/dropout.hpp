// SPDX-License-Identifier: BSL-1.0
#pragma once
// dropout as a module: active while its flag says training.

#include <tessera/autograd/variable.hpp>
#include <tessera/nn/module.hpp>
#include <tessera/op/random/dropout.hpp>
#include <tessera/op/reduce/axes.hpp>

namespace tessera::nn {

/// Sets elements to 0 with probability p while the model is trained; otherwise gives its input.
///   error  value_error unless 0 <= p <= 1
///   like   torch.nn.Dropout
class dropout {
 public:
  dropout(double probability = 0.5) : p(probability) {
    if (!(p >= 0 && p <= 1)) raise<value_error>({"tessera::nn::dropout: the probability ", p, " must be in [0, 1]"});
  }

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      // Both ways are one type: which one is taken is known when the program runs.
      using R = decltype(tessera::detail::kept(tessera::dropout(x, p)));
      if (training.on && p > 0) return R(tessera::dropout(x, p));
      return R(x);
    }
  }

  void fields(auto&& visit) { visit("training", training); }

  double p;
  training_flag training;
};

}  // namespace tessera::nn
