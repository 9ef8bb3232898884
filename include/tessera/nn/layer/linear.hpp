// SPDX-License-Identifier: BSL-1.0
#pragma once
// linear: y = x·wᵀ + b.

#include <tessera/nn/init.hpp>
#include <tessera/op/linalg/matmul.hpp>

namespace tessera::nn {

/// Option of a layer: it adds no bias.
struct no_bias {};
/// Option of a layer: its parameters are of type T instead of float.
template <Element T>
struct of {};

namespace detail {
template <class Option, class... Options>
inline constexpr bool has_option = (false || ... || std::same_as<Option, Options>);
template <class... Options>
struct element_option {
  using type = float;
};
template <class T, class... Rest>
struct element_option<of<T>, Rest...> {
  using type = T;
};
template <class First, class... Rest>
struct element_option<First, Rest...> : element_option<Rest...> {};
}  // namespace detail

/// A fully connected layer: linear<784, 128>, linear<dyn, dyn>{in, out}, linear<784, 128, no_bias, of<double>>.
///   shape  [..., In] -> [..., Out]; weight [Out, In], bias [Out]
///   error  compile time: linear_shapes_do_not_fit; run time: shape_error
///   like   torch.nn.Linear, with its initialisation
template <extent In, extent Out, class... Options>
class linear {
 public:
  using element = typename detail::element_option<Options...>::type;
  static constexpr bool has_bias = !detail::has_option<no_bias, Options...>;

  linear()
    requires(is_known(In) && is_known(Out))
      : linear(In, Out) {}
  TESSERA_COLD linear(extent in, extent out) : weight(shape<Out, In>::from({out, in})), bias(bias_shape::from(has_bias ? extents{out} : extents{0})) {
    init::affine(weight, bias, in);
  }

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (has_bias) return tessera::linear(x, weight, bias);
    else return tessera::linear(x, weight);
  }

  void fields(auto&& visit) {
    visit("weight", weight);
    if constexpr (has_bias) visit("bias", bias);
  }

 private:
  using bias_shape = std::conditional_t<has_bias, shape<Out>, shape<0>>;

 public:
  parameter<element, shape<Out, In>> weight;
  parameter<element, bias_shape> bias;
};

}  // namespace tessera::nn
