// SPDX-License-Identifier: BSL-1.0
#pragma once
// exp, log, log1p, sin, cos and erf.

#include <tessera/op/fuse.hpp>

namespace tessera {
namespace op {

struct exp : real {
  static constexpr const char* name = "exp";
  static constexpr needs reads = needs::result;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::exp(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X& y) { return X(g * y); }
};

struct log : real {
  static constexpr const char* name = "log";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::log(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) { return X(g / x); }
};

struct log1p : real {
  static constexpr const char* name = "log1p";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::log1p(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) { return X(g / (x + lane::constant<X>(1))); }
};

struct sin : real {
  static constexpr const char* name = "sin";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::sin(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) { return X(g * lane::cos(x)); }
};

struct cos : real {
  static constexpr const char* name = "cos";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::cos(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) { return X(-g * lane::sin(x)); }
};

struct erf : real {
  static constexpr const char* name = "erf";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::erf(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) {
    return X(g * (lane::constant<X>(1.1283791670955126) * lane::exp(X(-(x * x)))));  // 2 / sqrt(pi)
  }
};

}  // namespace op

/// eˣ, elementwise; at most 2 ULP from the exact value. grad dy·y. like torch.exp
inline constexpr elementwise<op::exp> exp{};
/// Natural logarithm, elementwise; -inf at 0, NaN below. grad dy / x. like torch.log
inline constexpr elementwise<op::log> log{};
/// log(1 + x), elementwise, exact near 0. grad dy / (1 + x). like torch.log1p
inline constexpr elementwise<op::log1p> log1p{};
/// Sine of x in radians, elementwise. grad dy·cos x. like torch.sin
inline constexpr elementwise<op::sin> sin{};
/// Cosine of x in radians, elementwise. grad -dy·sin x. like torch.cos
inline constexpr elementwise<op::cos> cos{};
/// Error function, elementwise. grad dy·2/√π·exp(-x²). like torch.erf
inline constexpr elementwise<op::erf> erf{};

}  // namespace tessera
