// SPDX-License-Identifier: BSL-1.0
#include <tessera/io/size.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

namespace {

std::optional<std::uint64_t> bytes(std::initializer_list<tessera::extent> shape, int bits) {
  return tessera::io::checked_bytes({shape.begin(), shape.size()}, bits);
}

}  // namespace

TEST_SUITE("io/size") {
  TEST_CASE("checked_bytes: the product, or nothing") {
    constexpr tessera::extent large = tessera::extent{1} << 31;
    CHECK(bytes({}, 32) == 4);
    CHECK(bytes({2, 3}, 64) == 48);
    CHECK(bytes({2, 0, 3}, 64) == 0);
    CHECK(bytes({2, 3}, 4) == 3);
    CHECK_FALSE(bytes({3}, 4));
    CHECK(bytes({0, 3}, 4) == 0);
    CHECK_FALSE(bytes({-1}, 8));
    CHECK_FALSE(bytes({0, -1}, 8));
    CHECK(bytes({large, large / 16}, 8) == std::uint64_t{1} << 58);
    CHECK_FALSE(bytes({large, large}, 8));
    CHECK_FALSE(bytes({large, large, large}, 8));
    // No elements, but strides that do not fit.
    CHECK_FALSE(bytes({0, large, large, large}, 8));
    CHECK_FALSE(bytes({large, large, large, 0}, 8));
  }
}
