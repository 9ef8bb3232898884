// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stochastic gradient descent.

#include <tessera/optim/optimizer.hpp>

namespace tessera::optim {

struct sgd_options {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// p -= lr·d, where d is the gradient, with weight_decay·p added, through a momentum buffer: b = momentum·b + (1 - dampening)·d,
/// whose first value is d. With nesterov, d + momentum·b instead of b.
///   error  value_error for options out of range
///   like   torch.optim.SGD
class sgd : public optimizer<1> {
 public:
  template <class Model>
  explicit sgd(Model& model, sgd_options o = {}) : sgd(nn::parameters(model), o) {}
  explicit sgd(std::vector<nn::named_parameter> parameters, sgd_options o = {}) : optimizer(std::move(parameters)), options(o) {
    detail::check_option(o.lr >= 0, "lr", o.lr);
    detail::check_option(o.momentum >= 0, "momentum", o.momentum);
    detail::check_option(o.weight_decay >= 0, "weight_decay", o.weight_decay);
    if (o.nesterov && (o.momentum <= 0 || o.dampening != 0)) raise<value_error>({"tessera::optim::sgd: nesterov needs momentum and no dampening"});
  }

  /// Moves the parameters along their gradients.
  void step() {
    const sgd_options& o = options;
    for_each_gradient(
        [&](auto& p) {
          const bool first = o.momentum != 0 && !p.state[0];
          if (first) p.state[0] = zeros_of(p.parameter);
          return first;
        },
        [&](bool first) {
          return [&o, first]<class V>(std::type_identity<V>) {
            using T = backend::lane_t<V>;
            const auto number = [](double x) { return V(static_cast<T>(x)); };
            return [first, decays = o.weight_decay != 0, moves = o.momentum != 0, nesterov = o.nesterov, decay = number(o.weight_decay), momentum = number(o.momentum),
                    fresh = number(1 - o.dampening), rate = number(o.lr)](const auto& s, extent j, int lanes) TESSERA_INLINE_LAMBDA {
              const V p = backend::load_part<V>(s.value + j, lanes, T(0));
              V d = backend::load_part<V>(s.gradient + j, lanes, T(0));
              if (decays) d = d + decay * p;
              if (moves) {
                const V b = first ? d : V(momentum * backend::load_part<V>(s.state[0] + j, lanes, T(0)) + fresh * d);
                backend::store_part(s.state[0] + j, b, lanes);
                d = nesterov ? V(d + momentum * b) : b;
              }
              backend::store_part(s.value + j, V(p - rate * d), lanes);
            };
          };
        });
  }

  /// May be changed between steps.
  sgd_options options;
};

}  // namespace tessera::optim
