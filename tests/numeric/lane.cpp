// SPDX-License-Identifier: BSL-1.0
// Every function of a lane against the standard library in a wider type: on numbers and on registers, in units of the last place.
#include <tessera/backend/lanes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tessera::tests {
namespace {

using backend::lane_t;
using backend::width;

template <class T>
using wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

#if TESSERA_USE_XSIMD
template <class T>
struct small_register {
  using type = xsimd::make_sized_batch_t<T, 16 / sizeof(T)>;
};
#else
template <class T>
struct small_register {
  using type = T;
};
#endif
template <class T>
using small_register_t = typename small_register<T>::type;

#define TESSERA_FLOATING_REGISTERS \
  float, double, backend::simd_register<float>, backend::simd_register<double>, small_register_t<float>, small_register_t<double>
#define TESSERA_INTEGER_REGISTERS std::int32_t, std::int64_t, backend::simd_register<std::int32_t>, backend::simd_register<std::int64_t>

/// How far a result is from the exact value, in units of the last place that a T of this size has.
template <class T>
[[nodiscard]] double error_in_ulps(T got, wider<T> exact) {
  using limits = std::numeric_limits<T>;
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) && std::isnan(got) ? 0 : wrong;
  const T rounded = static_cast<T>(exact);
  if (std::isinf(got) && std::abs(rounded) == limits::max()) return std::signbit(got) == std::signbit(exact) ? 1 : wrong;
  if (std::isinf(got) || std::isinf(exact)) return static_cast<wider<T>>(got) == exact || (std::isinf(rounded) && got == rounded) ? 0 : wrong;
  if (exact == 0) return got == 0 && std::signbit(got) == std::signbit(exact) ? 0 : wrong;
  int exponent = 0;
  static_cast<void>(std::frexp(exact, &exponent));
  const wider<T> unit = std::ldexp(wider<T>(1), std::max(exponent, limits::min_exponent) - limits::digits);
  return static_cast<double>(std::abs(static_cast<wider<T>>(got) - exact) / unit);
}

template <class T>
[[nodiscard]] std::vector<T> special() {
  using limits = std::numeric_limits<T>;
  std::vector<T> all;
  for (const T x : {T(0), limits::denorm_min(), limits::min() / 2, limits::min(), limits::epsilon() / 2, limits::epsilon(), T(0.5), T(1), T(2), T(3), limits::max() / 2, limits::max(), limits::infinity()}) {
    all.push_back(x);
    all.push_back(-x);
  }
  all.push_back(limits::quiet_NaN());
  return all;
}

/// Special numbers, every sign, exponent and pattern of bits, and many numbers of the interval.
template <class T>
[[nodiscard]] std::vector<T> samples(double low, double high) {
  std::vector<T> all = special<T>();
  std::mt19937_64 random(1);
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  for (int i = 0; i < 60000; ++i) all.push_back(std::bit_cast<T>(static_cast<bits>(random() >> (64 - 8 * sizeof(T)))));
  for (int i = 0; i < 60000; ++i) all.push_back(static_cast<T>(low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53));
  while (all.size() % 64 != 0) all.push_back(T(1));
  for (T& x : all)
    if (std::isnan(x)) x = std::numeric_limits<T>::quiet_NaN();  // functions differ in what they do with signalling ones
  return all;
}

template <class V>
[[nodiscard]] V load(const lane_t<V>* from) { return backend::load<V>(from); }

/// The greatest error of f on registers against `exact` on single numbers of a wider type.
template <class V, class F, class Exact>
void check_error(const std::string& name, const std::vector<lane_t<V>>& x, double bound, F f, Exact exact) {
  using T = lane_t<V>;
  double worst = -1;
  T at = 0, got = 0;
  for (std::size_t i = 0; i < x.size(); i += width<V>) {
    T y[width<V>];
    backend::store_lanes(y, f(load<V>(&x[i])));
    for (std::size_t k = 0; k < width<V>; ++k) {
      const double error = error_in_ulps(y[k], exact(static_cast<wider<T>>(x[i + k])));
      if (error > worst) worst = error, at = x[i + k], got = y[k];
    }
  }
  INFO(name, " of ", at, " gives ", got, ", ", worst, " ULP off");
  CHECK(worst <= bound);
}

TEST_CASE_TEMPLATE("lane: exp, log, log1p and sqrt are within 2 ULP everywhere", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  const double end = sizeof(T) == 4 ? 104 : 746;
  const auto exponents = [](V x) { return lane::exp(x); };
  check_error<V>("exp", samples<T>(-2, 2), 2, exponents, [](auto x) { return std::exp(x); });
  check_error<V>("exp", samples<T>(-end, end), 2, exponents, [](auto x) { return std::exp(x); });
  check_error<V>("exp", samples<T>(end * 0.84, end * 0.96), 2, exponents, [](auto x) { return std::exp(x); });
  check_error<V>("exp", samples<T>(-end, end * -0.83), 2, exponents, [](auto x) { return std::exp(x); });
  const auto logarithms = [](V x) { return lane::log(x); };
  check_error<V>("log", samples<T>(0, 10), 2, logarithms, [](auto x) { return std::log(x); });
  check_error<V>("log", samples<T>(0.9, 1.1), 2, logarithms, [](auto x) { return std::log(x); });
  check_error<V>("log", samples<T>(0, static_cast<double>(std::numeric_limits<T>::min())), 2, logarithms, [](auto x) { return std::log(x); });
  const auto shifted = [](V x) { return lane::log1p(x); };
  check_error<V>("log1p", samples<T>(-1, 1), 2, shifted, [](auto x) { return std::log1p(x); });
  check_error<V>("log1p", samples<T>(-1e-6, 1e-6), 2, shifted, [](auto x) { return std::log1p(x); });
  check_error<V>("log1p", samples<T>(-1e-14, 1e-14), 2, shifted, [](auto x) { return std::log1p(x); });
  check_error<V>("sqrt", samples<T>(0, 10), 0.5000001, [](V x) { return lane::sqrt(x); }, [](auto x) { return std::sqrt(x); });
}

TEST_CASE_TEMPLATE("lane: sin and cos are within 2.5 ULP everywhere", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  for (const double end : {0.1, 4.0, 100.0, 10000.0, 1e7}) {
    check_error<V>("sin", samples<T>(-end, end), 2.5, [](V x) { return lane::sin(x); }, [](auto x) { return std::sin(x); });
    check_error<V>("cos", samples<T>(-end, end), 2.5, [](V x) { return lane::cos(x); }, [](auto x) { return std::cos(x); });
  }
}

TEST_CASE_TEMPLATE("lane: tanh is within 2.5 ULP and erf within 4 everywhere", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  for (const double end : {0.01, 1.0, 6.0, 25.0}) {
    check_error<V>("tanh", samples<T>(-end, end), 2.5, [](V x) { return lane::tanh(x); }, [](auto x) { return std::tanh(x); });
    check_error<V>("erf", samples<T>(-end, end), 4, [](V x) { return lane::erf(x); }, [](auto x) { return std::erf(x); });
  }
}

TEST_CASE_TEMPLATE("lane: 1 / (1 + exp(-x)), the sigmoid, is within 3 ULP", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  constexpr int count = 64;
  double worst = 0;
  std::mt19937_64 random(2);
  for (int round = 0; round < 2000; ++round) {
    T x[count], y[count];
    for (T& v : x) v = static_cast<T>((static_cast<double>(random() >> 11) * 0x1p-52 - 1) * (round % 2 == 0 ? 4 : 80));
    for (int i = 0; i < count; i += width<V>) {
      const V one = lane::constant<V>(1);
      backend::store_lanes(y + i, V(one / V(one + lane::exp(V(-backend::load<V>(x + i))))));
    }
    for (int i = 0; i < count; ++i) worst = std::max(worst, error_in_ulps<T>(y[i], 1 / (1 + std::exp(-wider<T>(x[i])))));
  }
  CHECK(worst <= 3);
}

TEST_CASE_TEMPLATE("lane: pow is std::pow, and within 1.5 ULP of the exact value for the exponent 3", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  const std::vector<T> x = samples<T>(-3, 3);
  for (const T p : {T(1), T(2), T(3), T(0), T(0.5), T(-1), T(-2.5), T(17), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
    CAPTURE(p);
    check_error<V>("pow", x, p == 3 ? 1.5 : 1, [p](V a) { return lane::pow(a, V(p)); }, [p](wider<T> a) { return std::pow(a, static_cast<wider<T>>(p)); });
  }
  std::vector<T> y = samples<T>(-20, 20);
  std::rotate(y.begin(), y.begin() + 7, y.end());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); i += width<V>) {
    T z[width<V>];
    backend::store_lanes(z, lane::pow(load<V>(&x[i]), load<V>(&y[i])));
    for (std::size_t k = 0; k < width<V>; ++k)
      worst = std::max(worst, error_in_ulps(z[k], std::pow(static_cast<wider<T>>(x[i + k]), static_cast<wider<T>>(y[i + k]))));
  }
  CHECK(worst <= 1);
}

TEST_CASE_TEMPLATE("lane: a lane does not depend on its neighbours", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  std::vector<T> x = samples<T>(-100, 100);
  x.resize(6400);
  const auto check = [&](const std::string& name, auto f) {
    CAPTURE(name);
    int different = 0;
    for (std::size_t i = 0; i < x.size(); i += width<V>) {
      T together[width<V>], alone[width<V>];
      backend::store_lanes(together, f(load<V>(&x[i])));
      for (std::size_t k = 0; k < width<V>; ++k) {
        backend::store_lanes(alone, f(V(x[i + k])));
        if (!(together[k] == alone[k] || (std::isnan(together[k]) && std::isnan(alone[k])))) ++different;
      }
    }
    CHECK(different == 0);
  };
  check("exp", [](V a) { return lane::exp(a); });
  check("log", [](V a) { return lane::log(a); });
  check("log1p", [](V a) { return lane::log1p(a); });
  check("tanh", [](V a) { return lane::tanh(a); });
  if constexpr (sizeof(T) == 8) check("erf", [](V a) { return lane::erf(a); });
}

/// Calls check(a, b) with registers of every pair of the numbers, and the two numbers of every lane.
template <class V, class Check>
void for_each_pair(const std::vector<lane_t<V>>& x, Check check) {
  using T = lane_t<V>;
  for (const T b : x)
    for (std::size_t i = 0; i < x.size(); ++i) {
      T a[width<V>];
      for (std::size_t k = 0; k < width<V>; ++k) a[k] = x[(i + k) % x.size()];
      check(load<V>(a), V(b), a, b);
    }
}

TEST_CASE_TEMPLATE("lane: maximum and minimum are NaN where either operand is; abs clears the sign", V, TESSERA_FLOATING_REGISTERS) {
  using T = lane_t<V>;
  for_each_pair<V>(special<T>(), [](V a, V b, const T* x, T y) {
    T larger[width<V>], smaller[width<V>], other[width<V>], size[width<V>];
    backend::store_lanes(larger, lane::maximum(a, b));
    backend::store_lanes(smaller, lane::minimum(a, b));
    backend::store_lanes(other, lane::maximum(b, a));
    backend::store_lanes(size, lane::abs(a));
    for (int k = 0; k < width<V>; ++k) {
      const bool neither = !std::isnan(x[k]) && !std::isnan(y);
      REQUIRE((neither ? larger[k] == std::max(x[k], y) : std::isnan(larger[k])));
      REQUIRE((neither ? smaller[k] == std::min(x[k], y) : std::isnan(smaller[k])));
      REQUIRE((neither ? other[k] == larger[k] : std::isnan(other[k])));
      REQUIRE((size[k] == std::abs(x[k]) || std::isnan(x[k])));
      REQUIRE((std::isnan(x[k]) || !std::signbit(size[k])));
    }
  });
}

TEST_CASE_TEMPLATE("lane: select takes the first where the condition holds", V, TESSERA_FLOATING_REGISTERS, TESSERA_INTEGER_REGISTERS) {
  using T = lane_t<V>;
  const std::vector<T> x{T(-3), T(-2), T(-1), T(0), T(1), T(2), T(3), std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest()};
  for_each_pair<V>(x, [](V a, V b, const T* first, T second) {
    T less[width<V>], equal[width<V>];
    backend::store_lanes(less, V(lane::select(a < b, a, V(b - V(T(0))))));
    backend::store_lanes(equal, V(lane::select(a == b, V(T(1)), V(T(0)))));
    for (int k = 0; k < width<V>; ++k) {
      REQUIRE(less[k] == (first[k] < second ? first[k] : second));
      REQUIRE(equal[k] == (first[k] == second ? T(1) : T(0)));
    }
  });
  T same[width<V>];
  backend::store_lanes(same, lane::constant<V>(7));
  for (int k = 0; k < width<V>; ++k) CHECK(same[k] == T(7));
}

TEST_CASE_TEMPLATE("lane: integers have abs, maximum, minimum and pow; abs and pow wrap around", V, TESSERA_INTEGER_REGISTERS) {
  using T = lane_t<V>;
  using U = std::make_unsigned_t<T>;
  const std::vector<T> x{T(0), T(1), T(-1), T(2), T(-2), T(3), T(-7), T(11), T(100), T(46341), std::numeric_limits<T>::max(), std::numeric_limits<T>::min()};
  const auto power = [](T a, T n) {
    if (n < 0) return a == 1 ? T(1) : a == -1 ? (n % 2 == 0 ? T(1) : T(-1)) : T(0);
    U product = 1;
    for (T i = 0; i < n; ++i) product *= static_cast<U>(a);
    return static_cast<T>(product);
  };
  for_each_pair<V>(x, [&](V a, V b, const T* first, T second) {
    T larger[width<V>], smaller[width<V>], size[width<V>], powers[width<V>];
    const T exponent = static_cast<T>(second % 14);
    backend::store_lanes(larger, lane::maximum(a, b));
    backend::store_lanes(smaller, lane::minimum(a, b));
    backend::store_lanes(size, lane::abs(a));
    backend::store_lanes(powers, lane::pow(a, V(exponent)));
    for (int k = 0; k < width<V>; ++k) {
      REQUIRE(larger[k] == std::max(first[k], second));
      REQUIRE(smaller[k] == std::min(first[k], second));
      REQUIRE(size[k] == static_cast<T>(first[k] < 0 ? 0 - static_cast<U>(first[k]) : static_cast<U>(first[k])));
      REQUIRE(powers[k] == power(first[k], exponent));
    }
  });
}

TEST_CASE("lane: bytes and truth values") {
  CHECK(lane::pow(std::uint8_t{3}, std::uint8_t{7}) == static_cast<std::uint8_t>(2187));
  CHECK(lane::abs(std::uint8_t{200}) == 200);
  CHECK(lane::maximum(std::uint8_t{200}, std::uint8_t{3}) == 200);
  CHECK(lane::minimum(true, false) == false);
  CHECK(lane::select(true, std::uint8_t{1}, std::uint8_t{2}) == 1);
}

TEST_CASE("lane: constant expressions use the series of constant_math") {
  static_assert(lane::exp(0.0) == 1 && lane::log(1.0) == 0 && lane::log1p(0.0) == 0 && lane::sqrt(9.0) == 3);
  static_assert(lane::sin(0.0) == 0 && lane::cos(0.0) == 1 && lane::tanh(0.0f) == 0 && lane::erf(0.0f) == 0);
  static_assert(lane::pow(3, 4) == 81 && lane::pow(-1, -3) == -1 && lane::pow(2.0, 10.0) == 1024);
  static_assert(lane::abs(-2.5f) == 2.5f && lane::maximum(1, 2) == 2 && lane::minimum(1, 2) == 1);
  CHECK(true);
}

}  // namespace
}  // namespace tessera::tests
