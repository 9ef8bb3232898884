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

namespace detail {
/// What sgd does with the elements of a register.
template <class V>
struct sgd_update {
  bool first, decays, moves, nesterov;
  V decay, momentum, fresh, rate;

  template <class Spans>
  TESSERA_INLINE void operator()(const Spans& s, extent j, int lanes) const {
    using T = backend::lane_t<V>;
    const V p = backend::load_part<V>(s.value + j, lanes, T(0));
    V d = backend::load_part<V>(s.gradient + j, lanes, T(0));
    if (decays) d = d + decay * p;
    if (moves) {
      const V b = first ? d : V(momentum * backend::load_part<V>(s.state[0] + j, lanes, T(0)) + fresh * d);
      backend::store_part(s.state[0] + j, b, lanes);
      d = nesterov ? V(d + momentum * b) : b;
    }
    backend::store_part(s.value + j, V(p - rate * d), lanes);
  }
};
}  // namespace detail

/// p -= lr·d, where d is the gradient, with weight_decay·p added, through a momentum buffer: b = momentum·b + (1 - dampening)·d,
/// whose first value is d. With nesterov, d + momentum·b instead of b.
///   error  value_error for options out of range
///   like   torch.optim.SGD
class sgd : public optimizer<1> {
 public:
  template <class Model>
  explicit sgd(Model& model, sgd_options o = {}) : sgd(nn::parameters(model), o) {}
  TESSERA_COLD explicit sgd(std::vector<nn::named_parameter> parameters, sgd_options o = {}) : optimizer(std::move(parameters)), options(o) {
    detail::check_option(o.lr >= 0, "lr", o.lr);
    detail::check_option(o.momentum >= 0, "momentum", o.momentum);
    detail::check_option(o.weight_decay >= 0, "weight_decay", o.weight_decay);
    if (o.nesterov && (o.momentum <= 0 || o.dampening != 0)) raise<value_error>({"tessera::optim::sgd: nesterov needs momentum and no dampening"});
  }

  /// Moves the parameters along their gradients.
  TESSERA_ONCE void step() {
    const sgd_options& o = options;
    for_each_gradient(
        [&](auto& p) {
          const bool first = o.momentum != 0 && !p.state[0];
          if (first) p.state[0] = zeros_of(p.parameter);
          return first;
        },
        [&](bool first) {
          return [&o, first]<class V>(std::type_identity<V>) {
            const auto number = [](double x) { return V(static_cast<backend::lane_t<V>>(x)); };
            return detail::sgd_update<V>{first, o.weight_decay != 0, o.momentum != 0, o.nesterov, number(o.weight_decay), number(o.momentum), number(1 - o.dampening), number(o.lr)};
          };
        });
  }

  /// May be changed between steps.
  sgd_options options;
};

}  // namespace tessera::optim
