// SPDX-License-Identifier: BSL-1.0
#pragma once
// e^x and tanh on registers, without branches: x = n·log 2 + r with a whole n and |r| <= log(2)/2, e^r as a polynomial, and
// powers of two put together from their bits. The coefficients are those of the interpolation of (e^r - 1 - r) / r² at the
// Chebyshev points; the relative error of e^r is below 1e-8 in float and 2e-17 in double before rounding.

#include <tessera/core/config.hpp>

#if TESSERA_USE_XSIMD
#include <xsimd/xsimd.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tessera::lane::detail {

template <class T>
struct exponential_constants {
  static constexpr double shifter = 0x1.8p23;  // added to a small number, it leaves that rounded to a whole one
  static constexpr double log2_high = 0.693359375, log2_low = -2.12194440054690583e-4;  // n·log2_high is exact
  static constexpr double least = -104, greatest = 89;  // beyond them e^x is 0 and infinity
  static constexpr double tanh_is_one = 9.25;
  static constexpr double coefficients[] = {0.0013926325618133463, 0.008363292753030603, 0.041666553762567636, 0.16666576305560638, 0.5};
};
template <>
struct exponential_constants<double> {
  static constexpr double shifter = 0x1.8p52;
  static constexpr double log2_high = 0x1.62e42feep-1, log2_low = 1.90821492927058770002e-10;
  static constexpr double least = -746, greatest = 710;
  static constexpr double tanh_is_one = 20;
  static constexpr double coefficients[] = {2.5100569275813683e-08, 2.762032742826824e-07, 2.75572680728901e-06, 2.4801520792572694e-05, 0.00019841269863303223,
                                            0.0013888888917538296, 0.008333333333330011, 0.04166666666662348, 0.16666666666666669, 0.5};
};

template <class X>
[[nodiscard]] TESSERA_INLINE X number(double c) noexcept {
  return X(static_cast<typename X::value_type>(c));
}

/// x, limited; NaN stays (the instruction gives its second operand, which xsimd names first from version 14 on).
template <class X>
[[nodiscard]] TESSERA_INLINE X at_most(X x, double high) noexcept {
  if constexpr (XSIMD_VERSION_MAJOR < 14) return xsimd::min(number<X>(high), x);
  else return xsimd::min(x, number<X>(high));
}

/// 2^n for a whole n in the exponent's range, given as n + shifter.
template <class X>
[[nodiscard]] TESSERA_INLINE X power_of_two(X shifted) noexcept {
  using T = typename X::value_type;
  using I = xsimd::batch<std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>, typename X::arch_type>;
  const I bits = (std::bit_cast<I>(shifted) << (std::numeric_limits<T>::digits - 1)) + std::bit_cast<I>(X(T(1)));
  return std::bit_cast<X>(bits);
}

/// x·2^n for a whole n for which 2^(n/2) is a number.
template <class X>
[[nodiscard]] TESSERA_INLINE X scaled(X x, X n) noexcept {
  using T = typename X::value_type;
#if defined(__AVX512F__)
  if constexpr (sizeof(X) == 64 && sizeof(T) == 4) return X(_mm512_scalef_ps(x, n));
  else if constexpr (sizeof(X) == 64) return X(_mm512_scalef_pd(x, n));
#endif
  const X shifter = number<X>(exponential_constants<T>::shifter);
  const X half = xsimd::fma(n, number<X>(0.5), shifter);
  return x * power_of_two<X>(half) * power_of_two<X>(X(n - X(half - shifter)) + shifter);
}

/// Of x = n·log 2 + r: n, n + shifter, r and (e^r - 1 - r) / r².
template <class X>
struct reduced {
  X n, shifted, r, rest;
};
template <class X>
[[nodiscard]] TESSERA_INLINE reduced<X> reduce_exponent(X x) noexcept {
  using C = exponential_constants<typename X::value_type>;
  reduced<X> y;
  y.shifted = xsimd::fma(x, number<X>(1.44269504088896340736), number<X>(C::shifter));
  y.n = y.shifted - number<X>(C::shifter);
  y.r = xsimd::fma(y.n, number<X>(-C::log2_low), xsimd::fma(y.n, number<X>(-C::log2_high), x));
  y.rest = number<X>(C::coefficients[0]);
  for (unsigned i = 1; i < sizeof(C::coefficients) / sizeof(double); ++i) y.rest = xsimd::fma(y.rest, y.r, number<X>(C::coefficients[i]));
  return y;
}

template <class X>
[[nodiscard]] TESSERA_INLINE X exponential(X x) noexcept {
  using C = exponential_constants<typename X::value_type>;
  // A result that underflows costs some thirty times as much, and e^-infinity is what a mask asks for.
  const auto vanishes = x < number<X>(C::least);
  const X zero = number<X>(0);
  const reduced<X> y = reduce_exponent<X>(at_most<X>(xsimd::select(vanishes, zero, x), C::greatest));
  return xsimd::select(vanishes, zero, scaled<X>(xsimd::fma(xsimd::fma(y.rest, y.r, number<X>(1)), y.r, number<X>(1)), y.n));
}

/// (e^2x - 1) / (e^2x + 1) of |x|, where errors of a large e^2x cancel; e^2x - 1 keeps its digits near 0.
template <class X>
[[nodiscard]] TESSERA_INLINE X hyperbolic_tangent(X x) noexcept {
  using C = exponential_constants<typename X::value_type>;
  const X bounded = at_most<X>(xsimd::abs(x), C::tanh_is_one);
  const reduced<X> y = reduce_exponent<X>(X(bounded + bounded));
  const X power = power_of_two<X>(y.shifted), m = xsimd::fma(power, xsimd::fma(X(y.r * y.r), y.rest, y.r), X(power - number<X>(1)));
  return X(m / X(m + number<X>(2))) | xsimd::bitofsign(x);
}

}  // namespace tessera::lane::detail
#endif
