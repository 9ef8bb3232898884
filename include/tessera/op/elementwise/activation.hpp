// SPDX-License-Identifier: BSL-1.0
#pragma once
// Activations: relu, sigmoid, tanh, gelu.

#include <tessera/op/fuse.hpp>

namespace tessera {
namespace op {

// The gradient is read off the result, so that a layer's output can be overwritten by its activation.
struct relu : numeric {
  static constexpr const char* name = "relu";
  static constexpr needs reads = needs::result;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::maximum(x, lane::constant<X>(0)); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X& y) {
    return lane::select(y <= lane::constant<X>(0), lane::constant<X>(0), g);
  }
};

struct sigmoid : real {
  static constexpr const char* name = "sigmoid";
  static constexpr needs reads = needs::result;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return X(lane::constant<X>(1) / (lane::constant<X>(1) + lane::exp(X(-x)))); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X& y) { return X(g * (lane::constant<X>(1) - y) * y); }
};

struct tanh : real {
  static constexpr const char* name = "tanh";
  static constexpr needs reads = needs::result;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::tanh(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X& y) { return X(g * (lane::constant<X>(1) - y * y)); }
};

struct gelu : real {
  static constexpr const char* name = "gelu";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X distribution(const X& x) {  // of the standard normal
    return X(lane::constant<X>(0.5) * (lane::constant<X>(1) + lane::erf(X(x * lane::constant<X>(0.70710678118654752)))));
  }
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return X(x * distribution(x)); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) {
    const X density = X(lane::constant<X>(0.3989422804014327) * lane::exp(X(lane::constant<X>(-0.5) * (x * x))));
    return X(g * (distribution(x) + x * density));
  }
};

}  // namespace op

/// max(x, 0), elementwise. grad dy where x > 0, 0 elsewhere, 0 too. like torch.relu
inline constexpr elementwise<op::relu> relu{};
/// 1 / (1 + e⁻ˣ), elementwise; at most 3 ULP from the exact value, and 0 below -89 in float. grad dy·y·(1 - y). like torch.sigmoid
inline constexpr elementwise<op::sigmoid> sigmoid{};
/// Hyperbolic tangent, elementwise; at most 2.5 ULP from the exact value. grad dy·(1 - y²). like torch.tanh
inline constexpr elementwise<op::tanh> tanh{};
/// x·Φ(x) with the normal distribution Φ, elementwise: the exact form, with erf. grad dy·(Φ(x) + x·φ(x)).
///   like torch.nn.functional.gelu   source Hendrycks and Gimpel 2016
inline constexpr elementwise<op::gelu> gelu{};

}  // namespace tessera
