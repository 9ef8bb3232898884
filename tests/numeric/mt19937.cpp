// SPDX-License-Identifier: BSL-1.0
#include <tessera/numeric/mt19937.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

namespace tessera::tests {
namespace {

TEST_CASE("mt19937: the 10000th word is the one that the C++ standard states") {
  mt19937 engine;
  for (int i = 0; i < 9999; ++i) static_cast<void>(engine());
  CHECK(engine() == 4123659995u);
}

TEST_CASE("mt19937: word for word std::mt19937, over several blocks and for every kind of seed") {
  for (const std::uint32_t seed : {0u, 1u, 5489u, 0x7fffffffu, 0xffffffffu}) {
    CAPTURE(seed);
    mt19937 engine(seed);
    std::mt19937 wanted(seed);
    for (int i = 0; i < 2000; ++i) REQUIRE(engine() == wanted());
  }
}

TEST_CASE("mt19937: of a seed the low 32 bits count, and seed() starts again") {
  mt19937 a(12345), b(12345 + (std::uint64_t{7} << 32));
  CHECK(a == b);
  const std::uint32_t first = a();
  CHECK(b() == first);
  for (int i = 0; i < 1000; ++i) static_cast<void>(a());
  a.seed(12345);
  CHECK(a() == first);
}

TEST_CASE("mt19937: random64 joins two words, the first above") {
  mt19937 a(3), b(3);
  for (int i = 0; i < 700; ++i) {
    const std::uint64_t upper = b(), lower = b();
    REQUIRE(a.random64() == (upper << 32 | lower));
  }
}

TEST_CASE("mt19937: a state is put back at any position, and a position beyond the end counts as the end") {
  for (const int used : {0, 1, 397, 623, 624, 625, 1500}) {
    CAPTURE(used);
    mt19937 engine(8);
    for (int i = 0; i < used; ++i) static_cast<void>(engine());
    const mt19937::state_type saved = engine.state();
    mt19937 other(99);
    other.set_state(saved);
    CHECK(other == engine);
    for (int i = 0; i < 700; ++i) REQUIRE(engine() == other());
  }
  mt19937 a(8), b(8);
  mt19937::state_type beyond = b.state();
  beyond.position = 100000;
  b.set_state(beyond);
  CHECK(a() == b());
}

TEST_CASE("mt19937: it runs at compile time") {
  constexpr auto third = [] {
    mt19937 engine(1);
    static_cast<void>(engine());
    static_cast<void>(engine());
    return engine();
  }();
  std::mt19937 wanted(1);
  wanted.discard(2);
  CHECK(third == wanted());
  static_assert(mt19937::min() == 0 && mt19937::max() == 0xffffffffu && std::uniform_random_bit_generator<mt19937>);
}

}  // namespace
}  // namespace tessera::tests
