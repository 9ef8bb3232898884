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

}  // namespace op

namespace nn {
namespace detail {
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
/// bce_loss of sigmoid(x), exact for large |x|. like torch.nn.functional.binary_cross_entropy_with_logits
inline constexpr detail::elementwise_loss<op::binary_cross_entropy_of_logits> bce_with_logits{};

}  // namespace nn
}  // namespace tessera
