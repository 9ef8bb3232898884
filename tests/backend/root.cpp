// SPDX-License-Identifier: BSL-1.0
#include <tessera/backend/root.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace tessera::tests {
namespace {

using V = backend::simd_register<float>;

/// a / (√v · scale + shift), computed in the first lane beside ordinary numbers.
float in_register(float a, float v, float scale, float shift) {
  float as[backend::width<V>], vs[backend::width<V>];
  for (int i = 0; i < backend::width<V>; ++i) as[i] = 1, vs[i] = 4;
  as[0] = a, vs[0] = v;
  backend::store_lanes(as, backend::over_root(backend::load<V>(as), backend::load<V>(vs), V(scale), V(shift)));
  return as[0];
}
double exact(float a, float v, float scale, float shift) { return a / (std::sqrt(static_cast<double>(v)) * scale + shift); }

}  // namespace

TEST_CASE("over_root: within two units of the last place, from the smallest to the largest") {
  double worst = 0;
  std::uint32_t x = 1;
  const auto between = [&](int least, int most) {
    x = x * 1664525U + 1013904223U;
    const float fraction = 1 + static_cast<float>(x >> 9) * 0x1p-23F;
    x = x * 1664525U + 1013904223U;
    return std::ldexp(fraction, least + static_cast<int>((x >> 8) % static_cast<unsigned>(most - least + 1)));
  };
  for (int i = 0; i < 200000; ++i) {
    const float v = between(-126, 126), a = between(-20, 20), scale = between(-3, 3), shift = i % 3 == 0 ? 0 : between(-40, -20);
    const double y = exact(a, v, scale, shift);
    worst = std::max(worst, std::abs(in_register(a, v, scale, shift) - y) / std::abs(y));
  }
  CHECK(worst < 2 * 0x1p-23);
}

TEST_CASE("over_root: numbers that are none, and none at all") {
  constexpr float infinity = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();
  CHECK(in_register(3, 0, 1, 0.5F) == 6);
  CHECK(in_register(0, 0, 1, 1e-8F) == 0);
  CHECK(in_register(1, 0, 1, 0) == infinity);
  CHECK(std::isnan(in_register(0, 0, 1, 0)));
  CHECK(in_register(3, infinity, 1, 1e-8F) == 0);
  CHECK(std::isnan(in_register(3, none, 1, 1e-8F)));
  CHECK(std::isnan(in_register(none, 4, 1, 1e-8F)));
  CHECK(in_register(infinity, 4, 1, 0) == infinity);
  CHECK(in_register(3e38F, 4, 1e-20F, 1e-38F) == infinity);
  CHECK(in_register(1, 3e38F, 3e38F, 0) == 0);
  CHECK(in_register(2, 1e-42F, 1, 1) == 2);
}

}  // namespace tessera::tests
