// SPDX-License-Identifier: BSL-1.0
#pragma once
// One vocabulary for one number and for a register of them. Rules of operations are written in it, so that the same text
// runs on a float, at compile time too, and on an xsimd batch. Always called qualified (lane::exp): unqualified names would
// find xsimd's and the standard library's by argument.

#include <tessera/core/config.hpp>
#include <tessera/numeric/constant_math.hpp>
#include <tessera/numeric/exponential.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

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
[[nodiscard]] TESSERA_FN constexpr X exp(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::exp(x)) : static_cast<X>(std::exp(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X log(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::log(x)) : static_cast<X>(std::log(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X log1p(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::log1p(x)) : static_cast<X>(std::log1p(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X sqrt(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::sqrt(x)) : static_cast<X>(std::sqrt(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X sin(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::sine(x, 0)) : static_cast<X>(std::sin(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X cos(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::sine(x, 1)) : static_cast<X>(std::cos(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X tanh(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::tanh(x)) : static_cast<X>(std::tanh(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X erf(X x) noexcept {
  return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::erf(x)) : static_cast<X>(std::erf(x));
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X pow(X x, X y) noexcept {
  if constexpr (std::is_floating_point_v<X>) {
    return __builtin_is_constant_evaluated() ? static_cast<X>(constant_math::pow(x, y)) : std::pow(x, y);
  } else {
    if (y < X(0)) return x == X(1) ? X(1) : static_cast<X>(x != static_cast<X>(-1) ? 0 : y % 2 != 0 ? -1 : 1);
    std::uint64_t result = 1, base = static_cast<std::uint64_t>(x);  // unsigned, where overflow is defined
    for (auto n = static_cast<std::uint64_t>(y); n > 0; n /= 2, base *= base)
      if (n % 2 != 0) result *= base;
    return static_cast<X>(result);
  }
}
template <Number X>
[[nodiscard]] TESSERA_FN constexpr X abs(X x) noexcept {
  if constexpr (std::is_integral_v<X>) return x < X(0) ? static_cast<X>(0 - static_cast<std::uint64_t>(x)) : x;
  else return x < X(0) ? -x : x + X(0);  // -0 + 0 is 0
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
  using T = typename X::value_type;
  if constexpr (std::is_integral_v<T> && XSIMD_VERSION_MAJOR < 9) {  // xsimd 8's does not compile for AVX-512 without optimisation
    bool chosen[X::size];
    T x[X::size], y[X::size];
    condition.store_unaligned(chosen);
    a.store_unaligned(x);
    b.store_unaligned(y);
    for (std::size_t i = 0; i < X::size; ++i) x[i] = chosen[i] ? x[i] : y[i];
    return X::load_unaligned(x);
  } else {
    return xsimd::select(condition, a, b);
  }
}
/// Lane by lane through the scalar function: for operations xsimd lacks, and numbers at which its polynomials fail.
template <class F, Batch X, std::same_as<X>... Y>
[[nodiscard]] [[gnu::noinline]] X each(F f, X x, Y... y) noexcept {
  typename X::value_type in[1 + sizeof...(y)][X::size];
  [&, k = 0](auto... batch) mutable { (batch.store_unaligned(in[k++]), ...); }(x, y...);
  for (std::size_t i = 0; i < X::size; ++i)
    in[0][i] = [&]<std::size_t... K>(std::index_sequence<K...>) { return f(in[K][i]...); }(std::make_index_sequence<1 + sizeof...(y)>{});
  return X::load_unaligned(in[0]);
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X exp(X x) noexcept { return detail::exponential<X>(x); }
// xsimd is wrong for denormal doubles.
template <Batch X>
[[nodiscard]] TESSERA_INLINE X log(X x) noexcept {
  using T = typename X::value_type;
  X y = xsimd::log(x);
  if constexpr (std::same_as<T, double>)
    if (xsimd::any((x < constant<X>(std::numeric_limits<T>::min())) & (x > constant<X>(0)))) [[unlikely]] y = each([](T a) { return std::log(a); }, x);
  return y;
}
// What the rounding of 1 + x loses is added to first order. xsimd 8's own is wrong for small doubles.
template <Batch X>
[[nodiscard]] TESSERA_INLINE X log1p(X x) noexcept {
  const X one = constant<X>(1), zero = constant<X>(0), u = one + x;
  const X lost = (x - (u - one)) / u;
  return xsimd::select(u == one, x, xsimd::log(u) + xsimd::select((u == zero) | (u == u + one), zero, lost));
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X sqrt(X x) noexcept { return xsimd::sqrt(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X sin(X x) noexcept { return xsimd::sin(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X cos(X x) noexcept { return xsimd::cos(x); }
template <Batch X>
[[nodiscard]] TESSERA_INLINE X tanh(X x) noexcept { return detail::hyperbolic_tangent<X>(x); }
// In double xsimd is off by 70 ULP beyond 2, and NaN for large numbers.
template <Batch X>
[[nodiscard]] TESSERA_INLINE X erf(X x) noexcept {
  using T = typename X::value_type;
  if constexpr (std::same_as<T, double>) return each([](T a) { return std::erf(a); }, x);
  else return xsimd::erf(x);
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X abs(X x) noexcept { return xsimd::abs(x); }
// xsimd's own min and max changed what they do with NaN in version 14, and its a != a is false for NaN in some registers of 8.
template <Batch X>
[[nodiscard]] TESSERA_INLINE X maximum(X a, X b) noexcept {
  if constexpr (std::is_integral_v<typename X::value_type>) return xsimd::max(a, b);
  else return xsimd::select(xsimd::isnan(a) | (a > b), a, b);
}
template <Batch X>
[[nodiscard]] TESSERA_INLINE X minimum(X a, X b) noexcept {
  if constexpr (std::is_integral_v<typename X::value_type>) return xsimd::min(a, b);
  else return xsimd::select(xsimd::isnan(a) | (a < b), a, b);
}
template <Batch X>
[[nodiscard]] X pow(X x, X y) noexcept {
  using T = typename X::value_type;
  if constexpr (std::is_floating_point_v<T>) {  // the exponents of nearly every model, exactly
    if (xsimd::all(y == X(T(2)))) return x * x;
    if (xsimd::all(y == X(T(1)))) return x;
    if (xsimd::all(y == X(T(3)))) return x * x * x;
  }
  return each([](T a, T b) { return lane::pow(a, b); }, x, y);
}

#endif

/// Stands for a number while a rule is followed instead of computed: a value that records what is done with it. It gives
/// each function of this vocabulary itself, as X::call<function>(x...).
template <class X>
concept Symbol = requires { typename X::symbol_tag; };

/// The names of the functions a symbol answers to.
enum class function : unsigned char { exp, log, log1p, sqrt, sin, cos, tanh, erf, pow, abs, maximum, minimum, select };

TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X constant(double c) { return X::constant(c); }
TESSERA_CALLS_ANYTHING
template <class C, Symbol X>
[[nodiscard]] TESSERA_FN constexpr X select(const C& condition, const X& a, const X& b) { return X::template call<function::select>(condition, a, b); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X exp(const X& x) { return X::template call<function::exp>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X log(const X& x) { return X::template call<function::log>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X log1p(const X& x) { return X::template call<function::log1p>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X sqrt(const X& x) { return X::template call<function::sqrt>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X sin(const X& x) { return X::template call<function::sin>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X cos(const X& x) { return X::template call<function::cos>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X tanh(const X& x) { return X::template call<function::tanh>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X erf(const X& x) { return X::template call<function::erf>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X pow(const X& x, const X& y) { return X::template call<function::pow>(x, y); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X abs(const X& x) { return X::template call<function::abs>(x); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X maximum(const X& a, const X& b) { return X::template call<function::maximum>(a, b); }
TESSERA_CALLS_ANYTHING
template <Symbol X>
[[nodiscard]] TESSERA_FN constexpr X minimum(const X& a, const X& b) { return X::template call<function::minimum>(a, b); }

}  // namespace tessera::lane

#include <tessera/numeric/packet.hpp>  // before any rule, which looks names of this vocabulary up where it stands
