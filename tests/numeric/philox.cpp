// SPDX-License-Identifier: BSL-1.0
#include <tessera/numeric/philox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tessera::tests {
namespace {

// The known answers of Random123 for philox4x32 with ten rounds (tests/kat_vectors).
static_assert(philox4x32({{0, 0, 0, 0}}, 0, 0) == philox_block{{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}});
static_assert(philox4x32({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u) == philox_block{{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}});
static_assert(philox4x32({{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}}, 0xa4093822u, 0x299f31d0u) ==
              philox_block{{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}});

TEST_CASE("philox: the known answers of Random123 also at run time") {
  volatile std::uint32_t zero = 0;
  CHECK(philox4x32({{zero, zero, zero, zero}}, zero, zero) == philox_block{{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}});
}

TEST_CASE("philox: seed, offset and index are the key and the counter, all 64 bits of each") {
  const philox stream(0x299f31d0a4093822u, 0x0370734413198a2eu);
  CHECK(stream.block(0x85a308d3243f6a88u) == philox_block{{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}});
  CHECK(stream.seed() == 0x299f31d0a4093822u);
  CHECK(stream.offset() == 0x0370734413198a2eu);
  for (std::uint64_t i = 0; i < 20; ++i) CHECK(stream.bits(i) == stream.block(i / 4).word[i % 4]);
}

TEST_CASE("philox: the numbers of elements are 24 or 53 bits of their words") {
  const philox stream(5, 6);
  for (std::uint64_t i = 0; i < 50; ++i) {
    CHECK(stream.uniform<float>(i) == static_cast<float>(stream.bits(i) >> 8) / 16777216.f);
    const std::uint64_t joined = std::uint64_t{stream.bits(2 * i)} << 32 | stream.bits(2 * i + 1);
    CHECK(stream.uniform<double>(i) == static_cast<double>(joined >> 11) / 9007199254740992.0);
  }
}

TEST_CASE_TEMPLATE("philox: filling from any index gives the numbers of each element", T, float, double) {
  const philox stream(1, 2);
  for (std::uint64_t first : std::initializer_list<std::uint64_t>{0, 1, 2, 3, 4, 5, 1000003})
    for (std::int64_t count = 0; count < 14; ++count) {
      std::vector<T> x(static_cast<std::size_t>(count) + 1, T(7));
      stream.fill_uniform(first, x.data(), count);
      for (std::int64_t i = 0; i < count; ++i) REQUIRE(x[static_cast<std::size_t>(i)] == stream.uniform<T>(first + static_cast<std::uint64_t>(i)));
      REQUIRE(x.back() == T(7));
    }
}

TEST_CASE("philox: uniform numbers fill their interval evenly") {
  constexpr std::int64_t n = 400000;
  std::vector<float> x(n);
  philox(42, 0).fill_uniform(0, x.data(), n);
  double mean = 0, square = 0, product = 0;
  std::vector<int> bin(100);
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE((x[i] >= 0 && x[i] < 1));
    mean += static_cast<double>(x[i]) / n;
    square += static_cast<double>(x[i]) * static_cast<double>(x[i]) / n;
    if (i > 0) product += (static_cast<double>(x[i]) - 0.5) * (static_cast<double>(x[i - 1]) - 0.5) / n;
    ++bin[static_cast<std::size_t>(x[i] * 100)];
  }
  double chi_square = 0;
  for (const int hits : bin) chi_square += (hits - n / 100.0) * (hits - n / 100.0) / (n / 100.0);
  CHECK(std::abs(mean - 0.5) < 5 * 0.2887 / std::sqrt(double(n)));
  CHECK(std::abs(square - 1.0 / 3) < 5 * 0.2981 / std::sqrt(double(n)));
  CHECK(std::abs(product) < 5.0 / 12 / std::sqrt(double(n)));
  CHECK(chi_square > 50);
  CHECK(chi_square < 160);  // 99 degrees of freedom: beyond 4 deviations
}

TEST_CASE("philox: neighbouring seeds, offsets and blocks share nothing") {
  const auto distance = [](philox_block a, philox_block b) {
    int bits = 0;
    for (int k = 0; k < 4; ++k) bits += std::popcount(a.word[k] ^ b.word[k]);
    return bits;
  };
  double total = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const philox_block own = philox(i, 3).block(7);
    for (const philox_block& other : {philox(i + 1, 3).block(7), philox(i, 4).block(7), philox(i, 3).block(8)}) {
      const int bits = distance(own, other);
      REQUIRE(bits > 20);
      total += bits;
    }
  }
  CHECK(total / 1500 == doctest::Approx(64).epsilon(0.02));
}

}  // namespace
}  // namespace tessera::tests
