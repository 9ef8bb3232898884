// SPDX-License-Identifier: BSL-1.0
#pragma once
// + - * / minus, powers, square roots and absolute values.

#include <tessera/op/fuse.hpp>

namespace tessera {
namespace op {

struct add : numeric {
  static constexpr const char* name = "add";
  static constexpr needs reads = needs::nothing;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return X(a + b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X&, const X&, const X&) { return cotangents{g, g}; }
};

struct subtract : numeric {
  static constexpr const char* name = "subtract";
  static constexpr needs reads = needs::nothing;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return X(a - b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X&, const X&, const X&) { return cotangents{g, X(-g)}; }
};

struct multiply : numeric {
  static constexpr const char* name = "multiply";
  static constexpr needs reads = needs::operands;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return X(a * b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& a, const X& b, const X&) { return cotangents{X(g * b), X(g * a)}; }
};

struct divide : real {
  static constexpr const char* name = "divide";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& a, const X& b) { return X(a / b); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& a, const X& b, const X&) {
    return cotangents{X(g / b), X(-g * ((a / b) / b))};
  }
};

struct negate : numeric {
  static constexpr const char* name = "negate";
  static constexpr needs reads = needs::nothing;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return X(-x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X&) { return X(-g); }
};

struct square : numeric {
  static constexpr const char* name = "square";
  static constexpr needs reads = needs::operands;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return X(x * x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) { return X(g * (x + x)); }
};

struct pow : numeric {
  static constexpr const char* name = "pow";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& p) { return lane::pow(x, p); }
  // Where the exponent is 0 the base does not matter, and where the base is 0 and the exponent is not negative neither
  // does the exponent: PyTorch's rules, without which 0 * infinity would reach the gradient.
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& p, const X&) {
    const X zero = lane::constant<X>(0), one = lane::constant<X>(1);
    return cotangents{lane::select(p == zero, zero, X(g * (p * lane::pow(x, X(p - one))))),
                      lane::select((x == zero) & (p >= zero), zero, X(g * (lane::pow(x, p) * lane::log(x))))};
  }
};

/// pow with an exponent that is a number: it has no gradient.
struct power : numeric {
  static constexpr const char* name = "pow";
  static constexpr needs reads = needs::operands;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x, const X& p) { return lane::pow(x, p); }
  template <class X>
  TESSERA_INLINE static constexpr auto derivative(const X& g, const X& x, const X& p, const X&) {
    const X zero = lane::constant<X>(0);
    return cotangents{lane::select(p == zero, zero, X(g * (p * lane::pow(x, X(p - lane::constant<X>(1)))))), no_gradient{}};
  }
};

struct sqrt : real {
  static constexpr const char* name = "sqrt";
  static constexpr needs reads = needs::result;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::sqrt(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X&, const X& y) { return X(g / (y + y)); }
};

struct abs : numeric {
  static constexpr const char* name = "abs";
  static constexpr needs reads = needs::operands;
  static constexpr bool is_light = true;
  template <class X>
  TESSERA_INLINE static constexpr X value(const X& x) { return lane::abs(x); }
  template <class X>
  TESSERA_INLINE static constexpr X derivative(const X& g, const X& x, const X&) {
    const X zero = lane::constant<X>(0);
    return lane::select(x > zero, g, lane::select(x < zero, X(-g), zero));
  }
};

}  // namespace op

/// x², elementwise. grad 2x·dy. like torch.square
inline constexpr elementwise<op::square> square{};
/// √x, elementwise; NaN below 0. grad dy / (2y). like torch.sqrt
inline constexpr elementwise<op::sqrt> sqrt{};
/// |x|, elementwise. grad dy·sign(x), 0 at 0. like torch.abs
inline constexpr elementwise<op::abs> abs{};

/// An operand beside an operand, a number or the result of a reported error: what the operators accept.
template <class A, class B>
concept OperatorArguments = (Operand<A> && (Operand<B> || Scalar<B> || is_poison<std::remove_cvref_t<B>>)) ||
                            (Operand<B> && (Scalar<A> || is_poison<std::remove_cvref_t<A>>));

/// x to the power p, elementwise; either may be a number.
///   grad   dx = dy·p·x^(p-1), 0 where p is 0; dp = dy·y·log x, 0 where x is 0
///   cost   p of 2, 3 and 0.5 without std::pow
///   like   torch.pow
struct pow_fn {
  template <class X, class P>
    requires OperatorArguments<X, P> || (Scalar<X> && Scalar<P>)
  [[nodiscard]] constexpr auto operator()(X&& x, P&& p) const {
    if constexpr (Scalar<P> && Operand<X>) return fuse<op::power>(std::forward<X>(x), p);
    else return fuse<op::pow>(std::forward<X>(x), std::forward<P>(p));
  }
};
inline constexpr pow_fn pow{};

/// Elementwise arithmetic on the broadcast of a and b. Division of integers gives floats. like torch.add, sub, mul, div
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator+(A&& a, B&& b) { return fuse<op::add>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator-(A&& a, B&& b) { return fuse<op::subtract>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator*(A&& a, B&& b) { return fuse<op::multiply>(std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
  requires OperatorArguments<A, B>
[[nodiscard]] constexpr auto operator/(A&& a, B&& b) { return fuse<op::divide>(std::forward<A>(a), std::forward<B>(b)); }
template <Operand A>
[[nodiscard]] constexpr auto operator-(A&& a) { return fuse<op::negate>(std::forward<A>(a)); }

namespace detail {
template <class A, class E>
constexpr A& updated(A& a, E&& e) {
  if constexpr (requires { a.update(e); }) return a.update(e);
  else return a = e;
}
}  // namespace detail

/// In-place arithmetic. On a tensor it writes the tensor; a variable is bound to the new value.
template <Operand A, class B>
  requires(!Expression<A> && OperatorArguments<A, B>)
constexpr A& operator+=(A& a, const B& b) { return detail::updated(a, a + b); }
template <Operand A, class B>
  requires(!Expression<A> && OperatorArguments<A, B>)
constexpr A& operator-=(A& a, const B& b) { return detail::updated(a, a - b); }
template <Operand A, class B>
  requires(!Expression<A> && OperatorArguments<A, B>)
constexpr A& operator*=(A& a, const B& b) { return detail::updated(a, a * b); }
template <Operand A, class B>
  requires(!Expression<A> && OperatorArguments<A, B>)
constexpr A& operator/=(A& a, const B& b) { return detail::updated(a, a / b); }

}  // namespace tessera
