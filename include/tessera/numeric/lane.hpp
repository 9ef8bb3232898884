// SPDX-License-Identifier: BSL-1.0
#pragma once
// One vocabulary for one number and for a register of them. Rules of operations are written in it, so that the same text
// runs on a float, at compile time too, and on an xsimd batch. Always called qualified (lane::exp): unqualified names would
// find xsimd's and the standard library's by argument.

#include <tessera/core/config.hpp>

#include <cmath>
#include <concepts>
#include <type_traits>

#if TESSERA_USE_XSIMD
#include <xsimd/xsimd.hpp>
#endif

namespace tessera::lane {

/// Is X a single number?
template <class X>
concept Number = std::is_arithmetic_v<X>;

/// The value c in every lane of an X.
template <class X>
  requires Number<X>
[[nodiscard]] TESSERA_FN constexpr X constant(double c) noexcept {
  return static_cast<X>(c);
}

/// a where the condition holds, else b.
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X select(bool condition, X a, X b) noexcept {
  return condition ? a : b;
}

template <Number X>
[[nodiscard]] TESSERA_FN X exp(X x) noexcept { return std::exp(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X log(X x) noexcept { return std::log(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X log1p(X x) noexcept { return std::log1p(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X sqrt(X x) noexcept { return std::sqrt(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X sin(X x) noexcept { return std::sin(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X cos(X x) noexcept { return std::cos(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X tanh(X x) noexcept { return std::tanh(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X erf(X x) noexcept { return std::erf(x); }
template <Number X>
[[nodiscard]] TESSERA_FN X pow(X x, X y) noexcept {
  if constexpr (std::is_floating_point_v<X>) {
    return std::pow(x, y);
  } else {
    X result = 1;
    for (X base = x, n = y < 0 ? X(0) : y; n > 0; n = static_cast<X>(n / 2), base = static_cast<X>(base * base))
      if (n % 2 != 0) result = static_cast<X>(result * base);
    return y < 0 ? static_cast<X>(x == 1 ? 1 : 0) : result;
  }
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X abs(X x) noexcept {
  return x < X(0) ? static_cast<X>(-x) : static_cast<X>(x + X(0));  // -0 + 0 is 0
}
/// The larger one; NaN when either is NaN, as torch.maximum.
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X maximum(X a, X b) noexcept {
  return a != a || a > b ? a : b;
}
/// The smaller one; NaN when either is NaN, as torch.minimum.
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X minimum(X a, X b) noexcept {
  return a != a || a < b ? a : b;
}

#if TESSERA_USE_XSIMD

template <class X>
inline constexpr bool is_batch = false;
template <class T, class A>
inline constexpr bool is_batch<xsimd::batch<T, A>> = true;

/// Is X a register of numbers?
template <class X>
concept Batch = is_batch<X>;

template <Batch X>
[[nodiscard]] TESSERA_INLINE X constant(double c) noexcept {
  return X(static_cast<typename X::value_type>(c));
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X select(typename X::batch_bool_type condition, X a, X b) noexcept {
  return xsimd::select(condition, a, b);
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X exp(X x) noexcept { return xsimd::exp(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X log(X x) noexcept { return xsimd::log(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X log1p(X x) noexcept { return xsimd::log1p(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X sqrt(X x) noexcept { return xsimd::sqrt(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X sin(X x) noexcept { return xsimd::sin(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X cos(X x) noexcept { return xsimd::cos(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X tanh(X x) noexcept { return xsimd::tanh(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X erf(X x) noexcept { return xsimd::erf(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X abs(X x) noexcept { return xsimd::abs(x); }
// xsimd's own min and max changed what they do with NaN in version 14.
template <Batch X>
[[nodiscard]] TESSERA_INLINE X maximum(X a, X b) noexcept {
  if constexpr (std::is_integral_v<typename X::value_type>) return xsimd::max(a, b);
  else return xsimd::select((a != a) | (a > b), a, b);
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X minimum(X a, X b) noexcept {
  if constexpr (std::is_integral_v<typename X::value_type>) return xsimd::min(a, b);
  else return xsimd::select((a != a) | (a < b), a, b);
}
/// Lane by lane through the scalar function: exact where a polynomial is not, and for operations xsimd lacks.
template <Batch X, class F>
[[nodiscard]] X each(X x, X y, F f) noexcept {
  typename X::value_type a[X::size], b[X::size];
  x.store_unaligned(a);
  y.store_unaligned(b);
  for (std::size_t i = 0; i < X::size; ++i) a[i] = f(a[i], b[i]);
  return X::load_unaligned(a);
}
template <Batch X>
[[nodiscard]] X pow(X x, X y) noexcept {
  using T = typename X::value_type;
  if constexpr (std::is_floating_point_v<T>) {  // the exponents of nearly every model, exactly
    if (xsimd::all(y == X(T(2)))) return x * x;
    if (xsimd::all(y == X(T(1)))) return x;
    if (xsimd::all(y == X(T(3)))) return x * x * x;
  }
  return each(x, y, [](T a, T b) { return lane::pow(a, b); });
}

#endif

/// Stands for a number while a rule is followed instead of computed: a value that records what is done with it. It gives
/// each function of this vocabulary itself, as X::call<function>(x...).
template <class X>
concept Symbol = requires { typename X::symbol_tag; };

/// The names of the functions a symbol answers to.
enum class function : unsigned char { exp, log, log1p, sqrt, sin, cos, tanh, erf, pow, abs, maximum, minimum, select };

template <Symbol X>
[[nodiscard]] X constant(double c) { return X::constant(c); }
template <Symbol X>
[[nodiscard]] X select(const X& condition, const X& a, const X& b) { return X::template call<function::select>(condition, a, b); }
template <Symbol X>
[[nodiscard]] X exp(const X& x) { return X::template call<function::exp>(x); }
template <Symbol X>
[[nodiscard]] X log(const X& x) { return X::template call<function::log>(x); }
template <Symbol X>
[[nodiscard]] X log1p(const X& x) { return X::template call<function::log1p>(x); }
template <Symbol X>
[[nodiscard]] X sqrt(const X& x) { return X::template call<function::sqrt>(x); }
template <Symbol X>
[[nodiscard]] X sin(const X& x) { return X::template call<function::sin>(x); }
template <Symbol X>
[[nodiscard]] X cos(const X& x) { return X::template call<function::cos>(x); }
template <Symbol X>
[[nodiscard]] X tanh(const X& x) { return X::template call<function::tanh>(x); }
template <Symbol X>
[[nodiscard]] X erf(const X& x) { return X::template call<function::erf>(x); }
template <Symbol X>
[[nodiscard]] X pow(const X& x, const X& y) { return X::template call<function::pow>(x, y); }
template <Symbol X>
[[nodiscard]] X abs(const X& x) { return X::template call<function::abs>(x); }
template <Symbol X>
[[nodiscard]] X maximum(const X& a, const X& b) { return X::template call<function::maximum>(a, b); }
template <Symbol X>
[[nodiscard]] X minimum(const X& a, const X& b) { return X::template call<function::minimum>(a, b); }

}  // namespace tessera::lane
