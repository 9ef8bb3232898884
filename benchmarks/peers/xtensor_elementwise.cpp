// SPDX-License-Identifier: BSL-1.0
// Elementwise chains on xtensor with xsimd.

#include <support/cases.hpp>

#include <algorithm>

#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>

namespace {

using vector = xt::xtensor<float, 1>;

vector numbers(std::int64_t n) {
  vector x(vector::shape_type{static_cast<std::size_t>(n)});
  std::ranges::copy(measure::numbers(n), x.begin());
  return x;
}

[[maybe_unused]] const int registered = [] {
  for (const std::int64_t n : cases::lengths()) {
    measure::add(cases::chain(n), "xtensor", cases::chain_work(n), [n] {
      return [x = numbers(n), y = numbers(n), z = numbers(n)]() mutable -> auto& {
        xt::noalias(z) = 2.f * x + 3.f * y - x * y;
        return z;
      };
    });
    measure::add(cases::curve(n), "xtensor", cases::curve_work(n), [n] {
      return [x = numbers(n), z = numbers(n)]() mutable -> auto& {
        xt::noalias(z) = xt::tanh(x) / (1.f + xt::exp(-x)) + xt::exp(-x * x);
        return z;
      };
    });
  }
  return 0;
}();

}  // namespace
