// SPDX-License-Identifier: BSL-1.0
#pragma once
// Functions of <cmath> that the compiler can evaluate, for constant expressions only: series in double, within a few units
// in the last place of double. At run time the standard library's functions are used.

#include <tessera/core/config.hpp>

#include <limits>

namespace tessera::constant_math {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double log_2 = 0.69314718055994530942;
inline constexpr double half_pi = 1.57079632679489661923;

/// x·2ⁿ.
[[nodiscard]] TESSERA_FN constexpr double scale(double x, int n) {
  for (; n > 0; --n) x *= 2;
  for (; n < 0; ++n) x /= 2;
  return x;
}

/// eˣ - 1 for |x| <= 1.
[[nodiscard]] TESSERA_FN constexpr double small_expm1(double x) {
  double sum = 0;
  for (int k = 24; k >= 1; --k) sum = (sum + 1) * x / k;
  return sum;
}

[[nodiscard]] TESSERA_FN constexpr double exp(double x) {
  if (x != x) return x;
  if (x > 709.79) return infinity;
  if (x < -745.2) return 0;
  const int n = static_cast<int>(x / log_2 + (x < 0 ? -0.5 : 0.5));
  // log 2 in two parts, so that n·log 2 loses nothing.
  return scale(1 + small_expm1(x - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10), n);
}

/// artanh of a small x.
[[nodiscard]] TESSERA_FN constexpr double small_atanh(double x) {
  double sum = 0;
  for (int k = 41; k >= 1; k -= 2) sum = sum * (x * x) + 1.0 / k;
  return x * sum;
}

[[nodiscard]] TESSERA_FN constexpr double log(double x) {
  if (x != x || x < 0) return nan;
  if (x == 0) return -infinity;
  if (x == infinity) return x;
  int n = 0;
  for (; x > 1.4142135623730951; x /= 2) ++n;
  for (; x < 0.70710678118654752; x *= 2) --n;
  return n * log_2 + 2 * small_atanh((x - 1) / (x + 1));
}

[[nodiscard]] TESSERA_FN constexpr double log1p(double x) {
  return x > -0.25 && x < 0.25 ? 2 * small_atanh(x / (2 + x)) : log(1 + x);
}

[[nodiscard]] TESSERA_FN constexpr double sqrt(double x) {
  if (x != x || x < 0) return nan;
  if (x == 0 || x == infinity) return x;
  int n = 0;
  for (; x >= 4; x /= 4) ++n;
  for (; x < 1; x *= 4) --n;
  double y = (x + 1) / 2;
  for (int i = 0; i < 7; ++i) y = (y + x / y) / 2;
  return scale(y, n);
}

/// Sine of x + quarters·π/2, for |x| up to about 10⁵.
[[nodiscard]] TESSERA_FN constexpr double sine(double x, long long quarters) {
  if (x != x || x == infinity || x == -infinity) return nan;
  const auto n = static_cast<long long>(x / half_pi + (x < 0 ? -0.5 : 0.5));
  const double r = x - static_cast<double>(n) * 1.57079632673412561417 - static_cast<double>(n) * 6.07710050650619224932e-11;
  const long long quadrant = ((n + quarters) % 4 + 4) % 4;
  double sum = 0;
  for (int k = quadrant % 2 == 0 ? 21 : 20; k >= 2; k -= 2) sum = (1 + sum) * (-r * r) / (k * (k - 1));
  const double value = (1 + sum) * (quadrant % 2 == 0 ? r : 1);
  return quadrant >= 2 ? -value : value;
}

[[nodiscard]] TESSERA_FN constexpr double tanh(double x) {
  if (x != x) return x;
  if (x < 0) return -tanh(-x);
  if (x > 20) return 1;
  const double e = x < 0.5 ? small_expm1(2 * x) : exp(2 * x) - 1;
  return e / (e + 2);
}

[[nodiscard]] TESSERA_FN constexpr double erf(double x) {
  if (x != x) return x;
  if (x < 0) return -erf(-x);
  if (x > 6) return 1;
  // Abramowitz and Stegun 7.1.6: every term is positive.
  double term = x, sum = x;
  for (int k = 1; k < 200 && term > sum * 1e-17; ++k) {
    term *= 2 * x * x / (2 * k + 1);
    sum += term;
  }
  return 1.12837916709551257390 * exp(-x * x) * sum;
}

/// A whole power by multiplication; any other through exp and log.
[[nodiscard]] TESSERA_FN constexpr double pow(double x, double y) {
  if (y == 0) return 1;
  if (y < 0) return x == 0 ? infinity : 1 / pow(x, -y);
  if (y > 1e9 || y != static_cast<double>(static_cast<long long>(y))) return x == 0 ? 0 : exp(y * log(x));
  double result = 1;
  for (auto n = static_cast<long long>(y); n > 0; n /= 2, x *= x)
    if (n % 2 != 0) result *= x;
  return result;
}

}  // namespace tessera::constant_math
