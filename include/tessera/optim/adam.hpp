// SPDX-License-Identifier: BSL-1.0
#pragma once
// Adam and AdamW.

#include <tessera/backend/root.hpp>
#include <tessera/optim/optimizer.hpp>

namespace tessera::optim {

template <bool Decoupled>
struct basic_adam_options {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = Decoupled ? 1e-2 : 0;
};
using adam_options = basic_adam_options<false>;
using adamw_options = basic_adam_options<true>;

namespace detail {
/// What Adam does with the elements of a register.
template <class V, bool Decoupled>
struct adam_update {
  bool decays;
  V decay, new1, old2, new2, growth, eps, rate;

  template <class Spans>
  TESSERA_INLINE void operator()(const Spans& s, extent j, int lanes) const {
    using T = backend::lane_t<V>;
    V p = backend::load_part<V>(s.value + j, lanes, T(0)), g = backend::load_part<V>(s.gradient + j, lanes, T(0));
    V m = backend::load_part<V>(s.state[0] + j, lanes, T(0)), v = backend::load_part<V>(s.state[1] + j, lanes, T(0));
    if (decays) {
      if constexpr (Decoupled) p = p * decay;
      else g = g + decay * p;
    }
    m = m + new1 * (g - m);
    v = old2 * v + new2 * (g * g);
    p = p - rate * backend::over_root(m, v, growth, eps);
    backend::store_part(s.value + j, p, lanes);
    backend::store_part(s.state[0] + j, m, lanes);
    backend::store_part(s.state[1] + j, v, lanes);
  }
};
}  // namespace detail

/// Adam: m += (1 - beta1)·(g - m), v = beta2·v + (1 - beta2)·g², p -= lr / (1 - beta1ᵗ) · m / (√v / √(1 - beta2ᵗ) + eps).
/// Decoupled: weight decay shrinks p by lr·weight_decay; otherwise weight_decay·p is added to the gradient.
template <bool Decoupled>
class basic_adam : public optimizer<2> {
 public:
  template <class Model>
  explicit basic_adam(Model& model, basic_adam_options<Decoupled> o = {}) : basic_adam(nn::parameters(model), o) {}
  TESSERA_COLD explicit basic_adam(std::vector<nn::named_parameter> parameters, basic_adam_options<Decoupled> o = {}) : optimizer(std::move(parameters)), options(o) {
    detail::check_option(o.lr >= 0, "lr", o.lr);
    detail::check_option(o.beta1 >= 0 && o.beta1 < 1, "beta1", o.beta1);
    detail::check_option(o.beta2 >= 0 && o.beta2 < 1, "beta2", o.beta2);
    detail::check_option(o.eps >= 0, "eps", o.eps);
    detail::check_option(o.weight_decay >= 0, "weight_decay", o.weight_decay);
    steps_.resize(trained_.size());
  }

  /// Moves the parameters along their gradients.
  void step() {
    const basic_adam_options<Decoupled>& o = options;
    for_each_gradient(
        [&](auto& p) {
          if (!p.state[0])
            for (int k = 0; k < 2; ++k) p.state[k] = zeros_of(p.parameter);
          const double t = static_cast<double>(++steps_[static_cast<std::size_t>(&p - trained_.data())]);
          // Scalars in double, rounded once: PyTorch's order. A factor for √v where PyTorch divides: half the divisions.
          return correction{o.lr / (1 - std::pow(o.beta1, t)), 1 / std::sqrt(1 - std::pow(o.beta2, t))};
        },
        [&](correction c) {
          return [&o, c]<class V>(std::type_identity<V>) {
            const auto number = [](double x) { return V(static_cast<backend::lane_t<V>>(x)); };
            return detail::adam_update<V, Decoupled>{o.weight_decay != 0, number(Decoupled ? 1 - o.lr * o.weight_decay : o.weight_decay), number(1 - o.beta1), number(o.beta2), number(1 - o.beta2),
                                                     number(c.growth), number(o.eps), number(c.rate)};
          };
        });
  }

  /// May be changed between steps.
  basic_adam_options<Decoupled> options;

 private:
  struct correction {
    double rate, growth;  // growth: of √v, to what it would be without the zeros it started from
  };

  std::vector<std::int64_t> steps_;  // of each parameter: one that gets no gradient does not age
};

TESSERA_INSTANTIATE(float, class basic_adam<false>)
TESSERA_INSTANTIATE(float, class basic_adam<true>)

/// like torch.optim.Adam
using adam = basic_adam<false>;
/// Weight decay of 0.01 unless the options say otherwise. like torch.optim.AdamW
using adamw = basic_adam<true>;

}  // namespace tessera::optim
