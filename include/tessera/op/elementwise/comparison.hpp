// SPDX-License-Identifier: BSL-1.0
#pragma once
// Comparisons, where, and the larger and smaller of two.

#include <tessera/op/elementwise/arithmetic.hpp>

namespace tessera {
namespace op {

struct equal : predicate {
  static constexpr const char* name = "operator==";
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::select(a == b, X(1), X(0)); }
};
// Where a or b is NaN they differ; the comparison != of some registers says otherwise.
struct not_equal : predicate {
  static constexpr const char* name = "operator!=";
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::select(a == b, X(0), X(1)); }
};
struct less : predicate {
  static constexpr const char* name = "operator<";
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::select(a < b, X(1), X(0)); }
};
struct less_equal : predicate {
  static constexpr const char* name = "operator<=";
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::select(a <= b, X(1), X(0)); }
};

struct where : numeric {
  static constexpr const char* name = "where";
  static constexpr bool has_condition = true;
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& c, const X& a, const X& b) { return lane::select(c == lane::constant<X>(0), b, a); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& c, const X&, const X&, const X&) {
    const X zero = lane::constant<X>(0);
    return cotangents{no_gradient{}, lane::select(c == zero, zero, g), lane::select(c == zero, g, zero)};
  }
};

// Equal operands share the gradient, and both get it where one is NaN, as in PyTorch.
struct maximum : numeric {
  static constexpr const char* name = "max";
  static constexpr needs reads = needs::operands;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::maximum(a, b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& a, const X& b, const X&) {
    const X zero = lane::constant<X>(0), part = lane::select(a == b, X(g * lane::constant<X>(0.5)), g);
    return cotangents{lane::select(a < b, zero, part), lane::select(a > b, zero, part)};
  }
};
struct minimum : numeric {
  static constexpr const char* name = "min";
  static constexpr needs reads = needs::operands;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return lane::minimum(a, b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& a, const X& b, const X&) {
    const X zero = lane::constant<X>(0), part = lane::select(a == b, X(g * lane::constant<X>(0.5)), g);
    return cotangents{lane::select(a > b, zero, part), lane::select(a < b, zero, part)};
  }
};

struct clamp : numeric {
  static constexpr const char* name = "clamp";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& low, const X& high) { return lane::minimum(lane::maximum(x, low), high); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& low, const X& high, const X&) {
    const X zero = lane::constant<X>(0);
    return cotangents{lane::select((x >= low) & (x <= high), g, zero), lane::select((x < low) & (low < high), g, zero),
                      lane::select((x > high) | (high < low), g, zero)};
  }
};

}  // namespace op

/// a where the condition is not 0, else b, elementwise. grad dy goes where the value came from. like torch.where
inline constexpr elementwise<op::where> where{};
/// The larger of a and b, elementwise; NaN if either is. Equal values share dy. like torch.maximum
inline constexpr elementwise<op::maximum> maximum{};
/// The smaller of a and b, elementwise; NaN if either is. Equal values share dy. like torch.minimum
inline constexpr elementwise<op::minimum> minimum{};
/// x limited to [low, high], elementwise. grad dy where x was inside. like torch.clamp
inline constexpr elementwise<op::clamp> clamp{};

/// Elementwise comparisons: a bool expression. like torch.eq, ne, lt, le, gt, ge
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator==(A&& a, B&& b) { return fuse<op::equal>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator!=(A&& a, B&& b) { return fuse<op::not_equal>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator<(A&& a, B&& b) { return fuse<op::less>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator<=(A&& a, B&& b) { return fuse<op::less_equal>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator>(A&& a, B&& b) { return fuse<op::less>(std::forward<B>(b), std::forward<A>(a)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator>=(A&& a, B&& b) { return fuse<op::less_equal>(std::forward<B>(b), std::forward<A>(a)); }

}  // namespace tessera
