// SPDX-License-Identifier: BSL-1.0
// The functions that the compiler evaluates, against the standard library.
#include <tessera/numeric/constant_math.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>

namespace tessera::tests {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class F, class G>
void check_close(const std::string& name, double low, double high, double bound, F f, G exact) {
  double worst = 0, at = 0;
  for (int i = 0; i <= 20000; ++i) {
    const double x = low + (high - low) * i / 20000, wanted = exact(x);
    if (f(x) == wanted) continue;
    const double error = std::abs(f(x) - wanted) / (std::abs(wanted) * std::numeric_limits<double>::epsilon());
    if (!(error <= worst)) worst = error, at = x;
  }
  INFO(name, " at ", at, ": ", worst, " times the precision");
  CHECK(worst <= bound);
}

TEST_CASE("constant_math: within a few units of the last place") {
  namespace cm = constant_math;
  const auto wrap = [](auto f) { return f; };
  for (const double end : {1e-3, 1.0, 30.0, 700.0}) check_close("exp", -end, end, 4, cm::exp, wrap([](double x) { return std::exp(x); }));
  for (const double end : {1e-300, 0.9, 1.1, 100.0, 1e300}) check_close("log", end / 20000, end, 4, cm::log, wrap([](double x) { return std::log(x); }));
  for (const double end : {1e-12, 0.3, 0.999}) check_close("log1p", -end, 2 * end, 4, cm::log1p, wrap([](double x) { return std::log1p(x); }));
  for (const double end : {1e-300, 1.0, 100.0, 1e300}) check_close("sqrt", 0, end, 2, cm::sqrt, wrap([](double x) { return std::sqrt(x); }));
  check_close("tanh", -1, 1, 8, cm::tanh, wrap([](double x) { return std::tanh(x); }));
  check_close("tanh", -30, 30, 8, cm::tanh, wrap([](double x) { return std::tanh(x); }));
  check_close("erf", -1, 1, 8, cm::erf, wrap([](double x) { return std::erf(x); }));
  check_close("erf", -7, 7, 64, cm::erf, wrap([](double x) { return std::erf(x); }));
  check_close("pow", 0.1, 10, 16, wrap([](double x) { return cm::pow(x, 7); }), wrap([](double x) { return std::pow(x, 7); }));
  check_close("pow", 0.1, 10, 16, wrap([](double x) { return cm::pow(x, -2.5); }), wrap([](double x) { return std::pow(x, -2.5); }));
}

TEST_CASE("constant_math: sine and cosine keep their absolute precision up to 10^5") {
  for (const double end : {1.0, 10.0, 1000.0, 1e5}) {
    double worst = 0;
    for (int i = -10000; i <= 10000; ++i) {
      const double x = end * i / 10000;
      worst = std::max({worst, std::abs(constant_math::sine(x, 0) - std::sin(x)), std::abs(constant_math::sine(x, 1) - std::cos(x))});
    }
    CAPTURE(end);
    CHECK(worst <= 1e-15 * std::max(1.0, end / 100));
  }
}

TEST_CASE("constant_math: the ends") {
  namespace cm = constant_math;
  static_assert(cm::exp(infinity) == infinity && cm::exp(-infinity) == 0 && cm::exp(1000) == infinity);
  static_assert(cm::log(0) == -infinity && cm::log(infinity) == infinity && cm::log(-1) != cm::log(-1));
  static_assert(cm::log1p(-1) == -infinity && cm::log1p(infinity) == infinity);
  static_assert(cm::sqrt(infinity) == infinity && cm::sqrt(0) == 0 && cm::sqrt(-1) != cm::sqrt(-1));
  static_assert(cm::tanh(infinity) == 1 && cm::tanh(-infinity) == -1 && cm::erf(infinity) == 1 && cm::erf(-infinity) == -1);
  static_assert(cm::sine(infinity, 0) != cm::sine(infinity, 0) && cm::exp(cm::nan) != cm::exp(cm::nan));
  static_assert(cm::pow(0, 0) == 1 && cm::pow(0, -1) == infinity && cm::pow(-2, 3) == -8 && cm::pow(4, 0.5) == 2);
  CHECK(true);
}

}  // namespace
}  // namespace tessera::tests
