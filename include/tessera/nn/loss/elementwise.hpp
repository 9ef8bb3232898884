// SPDX-License-Identifier: BSL-1.0
#pragma once
// Losses of each element by itself: mse_loss, bce_loss, bce_with_logits.

#include <tessera/nn/loss/reduction.hpp>
#include <tessera/op/elementwise/exponential.hpp>

namespace tessera {
namespace op {

struct squared_error : numeric {
  static constexpr const char* name = "mse_loss";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& y) { return X((x - y) * (x - y)); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& y, const X&) {
    const X d = X(lane::constant<X>(2) * g * (x - y));
    return cotangents{d, X(-d)};
  }
};

// Logarithms are cut at -100 and the denominator at 1e-12, which is a float in PyTorch.
struct binary_cross_entropy : real {
  static constexpr const char* name = "bce_loss";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X cut_log(const X& x) { return lane::maximum(lane::log(x), lane::constant<X>(-100)); }
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& y) {
    const X one = lane::constant<X>(1);
    return X((y - one) * cut_log(X(one - x)) - y * cut_log(x));
  }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& y, const X&) {
    const X one = lane::constant<X>(1);
    return cotangents{X(g * (x - y) / lane::maximum(X((one - x) * x), lane::constant<X>(1e-12f))), X(g * (cut_log(X(one - x)) - cut_log(x)))};
  }
};

// (1 - y)·x + log(1 + e⁻ˣ), written so that nothing overflows.
struct binary_cross_entropy_of_logits : real {
  static constexpr const char* name = "bce_with_logits";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& y) {
    return X(lane::maximum(x, lane::constant<X>(0)) - x * y + lane::log1p(lane::exp(X(-lane::abs(x)))));
  }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& y, const X&) {
    const X one = lane::constant<X>(1);
    return cotangents{X(g * (one / (one + lane::exp(X(-x))) - y)), X(-g * x)};
  }
};

// (1 - y)·x + (1 + (w - 1)·y)·log(1 + e⁻ˣ): the losses of what is there, y, weigh w.
struct weighted_binary_cross_entropy_of_logits : real {
  static constexpr const char* name = "bce_with_logits";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X softplus_of_minus(const X& x) {
    return X(lane::log1p(lane::exp(X(-lane::abs(x)))) + lane::maximum(X(-x), lane::constant<X>(0)));
  }
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& y, const X& w) {
    const X one = lane::constant<X>(1);
    return X((one - y) * x + (one + (w - one) * y) * softplus_of_minus(x));
  }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& y, const X& w, const X&) {
    const X one = lane::constant<X>(1), above = X(w - one), part = softplus_of_minus(x);
    return cotangents{X(g * (one - y - (one + above * y) / (one + lane::exp(x)))), X(g * (above * part - x)), X(g * y * part)};
  }
};

}  // namespace op

namespace nn {

/// Option of bce_with_logits: how much the losses of targets that are there weigh, of any shape that stretches to that of the logits.
template <class W>
struct pos_weight {
  W value;
};
template <class W>
pos_weight(W) -> pos_weight<W>;

namespace detail {
/// Does W stretch to X?
template <Shape X, Shape W>
inline constexpr bool stretches_to = [] {
  bool all = W::rank <= X::rank;
  for (int i = 1; all && i <= W::rank; ++i) {
    const extent from = W::pattern[W::rank - i];
    all = from == 1 || rule::may_equal(from, X::pattern[X::rank - i]);
  }
  return all;
}();

template <class Op>
struct elementwise_loss {
  template <class X, class Y, Reduction R = mean_reduction_t>
  [[nodiscard]] auto operator()(const X& x, const Y& y, R how = {}) const {
    if constexpr (is_poison<X> || is_poison<Y>) {
      return poison{};
    } else {
      if constexpr (same_shape<shape_t<X>, shape_t<Y>>) return reduced(how, fuse<Op>(x, y));
      else return static_cast<typename loss_shapes_do_not_fit<Op, shape_t<X>, shape_t<Y>>::error*>(nullptr), poison{};
    }
  }
};
}  // namespace detail

/// The mean of (x - y)². like torch.nn.functional.mse_loss
inline constexpr detail::elementwise_loss<op::squared_error> mse_loss{};
/// The mean of -(y·log x + (1 - y)·log(1 - x)) for probabilities x and targets y. like torch.nn.functional.binary_cross_entropy
inline constexpr detail::elementwise_loss<op::binary_cross_entropy> bce_loss{};
/// bce_loss of sigmoid(x), exact for large |x|: bce_with_logits(x, y), bce_with_logits(x, y, pos_weight{w}), a reduction behind.
///   error  compile time: loss_shapes_do_not_fit
///   grad   for x, y and w
///   like   torch.nn.functional.binary_cross_entropy_with_logits
struct bce_with_logits_fn : detail::elementwise_loss<op::binary_cross_entropy_of_logits> {
  using elementwise_loss::operator();
  template <class X, class Y, class W, Reduction R = mean_reduction_t>
  [[nodiscard]] auto operator()(const X& x, const Y& y, const pos_weight<W>& weight, R how = {}) const {
    using Op = op::weighted_binary_cross_entropy_of_logits;
    if constexpr (is_poison<X> || is_poison<Y> || is_poison<W>) return poison{};
    else if constexpr (!detail::same_shape<shape_t<X>, shape_t<Y>>) return static_cast<typename loss_shapes_do_not_fit<Op, shape_t<X>, shape_t<Y>>::error*>(nullptr), poison{};
    else if constexpr (!detail::stretches_to<shape_t<X>, shape_t<W>>) return static_cast<typename loss_shapes_do_not_fit<Op, shape_t<X>, shape_t<W>>::error*>(nullptr), poison{};
    else return detail::reduced(how, fuse<Op>(x, y, weight.value));
  }
};
inline constexpr bce_with_logits_fn bce_with_logits{};

}  // namespace nn
}  // namespace tessera
