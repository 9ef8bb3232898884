// SPDX-License-Identifier: BSL-1.0
#pragma once
// layer_norm as a module.

#include <tessera/nn/layer/linear.hpp>
#include <tessera/op/normalize/layer_norm.hpp>

namespace tessera::nn {

/// Option of a normalising layer: it neither scales nor shifts. like elementwise_affine=False
struct no_affine {};

/// Brings the last axes to mean 0 and variance 1, then scales and shifts them: layer_norm<shape<768>>, layer_norm{shape<dyn>{768}},
/// layer_norm<shape<12, 64>, no_bias, of<double>>{{.eps = 1e-6}}.
///   shape  [..., Normalized] -> the same; weight and bias of shape Normalized, at first 1 and 0
///   error  compile time: layer_norm_shapes_do_not_fit; run time: shape_error
///   like   torch.nn.LayerNorm
template <Shape Normalized, class... Options>
class layer_norm {
 public:
  using element = typename detail::element_option<Options...>::type;
  static constexpr bool has_weight = !detail::has_option<no_affine, Options...>;
  static constexpr bool has_bias = has_weight && !detail::has_option<no_bias, Options...>;
  static_assert(Normalized::rank > 0, "tessera::nn::layer_norm: at least one axis is normalised");

  layer_norm(layer_norm_options options = {})
    requires(Normalized::is_static)
      : layer_norm(Normalized{}, options) {}
  explicit layer_norm(Normalized shape, layer_norm_options options = {})
      : eps(options.eps), weight(made<has_weight>(shape)), bias(made<has_bias>(shape)), size_(shape.values()) {
    if constexpr (has_weight) detail::with_elements(weight, [](std::span<element> w) { std::ranges::fill(w, element(1)); });
  }

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (has_bias) return tessera::layer_norm(x, over, weight, bias, {.eps = eps});
    else if constexpr (has_weight) return tessera::layer_norm(x, over, weight, {.eps = eps});
    else return plain(x);
  }

  void fields(auto&& visit) {
    if constexpr (has_weight) visit("weight", weight);
    if constexpr (has_bias) visit("bias", bias);
  }

 private:
  template <class Indices>
  struct last_axes;
  template <int... I>
  struct last_axes<std::integer_sequence<int, I...>> {
    using type = axis_list<(I - Normalized::rank)...>;
  };
  static constexpr typename last_axes<std::make_integer_sequence<int, Normalized::rank>>::type over{};

  template <bool Present>
  using shape_if = std::conditional_t<Present, Normalized, shape<0>>;
  template <bool Present>
  [[nodiscard]] static shape_if<Present> made(Normalized s) {
    if constexpr (Present) return s;
    else return {};
  }
  // Without a weight nothing else knows the sizes that only run time tells.
  template <class X>
  [[nodiscard]] auto plain(const X& x) const {
    if constexpr (!is_poison<X>) {
      if constexpr (shape_t<X>::rank >= Normalized::rank) check(tessera::detail::expression_of(x).shape().values());
    }
    return tessera::layer_norm(x, over, {.eps = eps});
  }
  TESSERA_COLD void check(const extents& x) const {
    for (int i = 0; i < size_.rank; ++i)
      if (const int axis = x.rank - size_.rank + i; x[axis] != size_[i])
        raise<shape_error>({"tessera::layer_norm: an input of shape ", x, " and a layer for ", size_, " differ at axis ", axis});
  }

 public:
  double eps;
  parameter<element, shape_if<has_weight>> weight;
  parameter<element, shape_if<has_bias>> bias;

 private:
  extents size_;
};

}  // namespace tessera::nn
