// SPDX-License-Identifier: BSL-1.0
#pragma once
// Adam and AdamW.

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

/// Adam: m += (1 - beta1)·(g - m), v = beta2·v + (1 - beta2)·g², p -= lr / (1 - beta1ᵗ) · m / (√v / √(1 - beta2ᵗ) + eps).
/// Decoupled: weight decay shrinks p by lr·weight_decay; otherwise weight_decay·p is added to the gradient.
template <bool Decoupled>
class basic_adam : public optimizer<2> {
 public:
  template <class Model>
  explicit basic_adam(Model& model, basic_adam_options<Decoupled> o = {}) : basic_adam(nn::parameters(model), o) {}
  explicit basic_adam(std::vector<nn::named_parameter> parameters, basic_adam_options<Decoupled> o = {}) : optimizer(std::move(parameters)), options(o) {
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
            using T = backend::lane_t<V>;
            const auto number = [](double x) { return V(static_cast<T>(x)); };
            return [decays = o.weight_decay != 0, decay = number(Decoupled ? 1 - o.lr * o.weight_decay : o.weight_decay), new1 = number(1 - o.beta1), old2 = number(o.beta2),
                    new2 = number(1 - o.beta2), growth = number(c.growth), eps = number(o.eps), rate = number(c.rate)](const auto& s, extent j, int lanes) TESSERA_INLINE_LAMBDA {
              V p = backend::load_part<V>(s.value + j, lanes, T(0)), g = backend::load_part<V>(s.gradient + j, lanes, T(0));
              V m = backend::load_part<V>(s.state[0] + j, lanes, T(0)), v = backend::load_part<V>(s.state[1] + j, lanes, T(0));
              if (decays) {
                if constexpr (Decoupled) p = p * decay;
                else g = g + decay * p;
              }
              m = m + new1 * (g - m);
              v = old2 * v + new2 * (g * g);
              p = p - rate * (m / (lane::sqrt(v) * growth + eps));
              backend::store_part(s.value + j, p, lanes);
              backend::store_part(s.state[0] + j, m, lanes);
              backend::store_part(s.state[1] + j, v, lanes);
            };
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

/// like torch.optim.Adam
using adam = basic_adam<false>;
/// Weight decay of 0.01 unless the options say otherwise. like torch.optim.AdamW
using adamw = basic_adam<true>;

}  // namespace tessera::optim
