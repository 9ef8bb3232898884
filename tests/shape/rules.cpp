// SPDX-License-Identifier: BSL-1.0
#include <tessera/shape/rules.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <random>

using tessera::dim, tessera::dyn, tessera::extent, tessera::extents, tessera::infer;
namespace rule = tessera::rule;

namespace {

constexpr extent B = dim<'B'>, T = dim<'T'>;

constexpr bool gives(const std::optional<extents>& result, const extents& expected) { return result && *result == expected; }

}  // namespace

TEST_SUITE("shape/rules") {
  TEST_CASE("may_equal, meet: numbers, names and unknowns") {
    static_assert(rule::may_equal(3, 3) && !rule::may_equal(3, 4));
    static_assert(rule::may_equal(3, dyn) && rule::may_equal(dyn, dyn) && rule::may_equal(B, 3) && rule::may_equal(B, dyn));
    static_assert(rule::may_equal(B, B) && !rule::may_equal(B, T));
    static_assert(rule::meet(3, dyn) == 3 && rule::meet(B, 3) == 3 && rule::meet(dyn, B) == B && rule::meet(B, dyn) == B && rule::meet(dyn, dyn) == dyn);
    CHECK(rule::may_equal(1, 1));
  }

  TEST_CASE("broadcast: NumPy's rule") {
    static_assert(gives(rule::broadcast({2, 3}, {2, 3}), {2, 3}));
    static_assert(gives(rule::broadcast({2, 3}, {3}), {2, 3}));
    static_assert(gives(rule::broadcast({3}, {2, 1}), {2, 3}));
    static_assert(gives(rule::broadcast({}, {2, 3}), {2, 3}));
    static_assert(gives(rule::broadcast({1, 3, 1}, {4, 1, 5}), {4, 3, 5}));
    static_assert(gives(rule::broadcast({0, 3}, {1, 3}), {0, 3}));
    static_assert(gives(rule::broadcast({0}, {1}), {0}));
    static_assert(!rule::broadcast({2, 3}, {2}));
    static_assert(!rule::broadcast({0}, {2}));
    CHECK_FALSE(rule::broadcast({2, 3}, {3, 3}));
  }

  TEST_CASE("broadcast: unknown extents never stretch, and names decide") {
    static_assert(gives(rule::broadcast({dyn, 3}, {1, 3}), {dyn, 3}));
    static_assert(gives(rule::broadcast({dyn, 3}, {5, 3}), {5, 3}));
    static_assert(gives(rule::broadcast({B, 3}, {3}), {B, 3}));
    static_assert(gives(rule::broadcast({B, 3}, {B, 1}), {B, 3}));
    static_assert(gives(rule::broadcast({dyn}, {B}), {B}));
    static_assert(!rule::broadcast({B}, {T}));
    static_assert(gives(rule::broadcast({B, 1}, {T}), {B, T}));
    CHECK(gives(rule::broadcast({B}, {4}), {4}));
  }

  TEST_CASE("broadcast: commutes") {
    std::mt19937 random(1);
    const extent choices[] = {0, 1, 2, 3, dyn, B, T};
    for (int i = 0; i < 2000; ++i) {
      extents a, b;
      for (extents* s : {&a, &b})
        for (unsigned r = random() % 4; r > 0; --r) s->push_back(choices[random() % 7]);
      const auto ab = rule::broadcast(a, b), ba = rule::broadcast(b, a);
      REQUIRE(ab.has_value() == ba.has_value());
      if (ab) REQUIRE(*ab == *ba);
    }
  }

  TEST_CASE("join_values: checks at run time what the pattern left open") {
    extents joined{dyn, dyn};
    rule::join_values("add", joined, {2, 3}, {dyn, 3});
    rule::join_values("add", joined, {3}, {3});
    rule::join_values("add", joined, {1, 3}, {1, 3});
    CHECK(joined == extents{2, 3});
    CHECK_THROWS_WITH_AS(rule::join_values("add", joined, {4, 3}, {dyn, 3}), "tessera::add: shapes [2, 3] and [4, 3] differ at axis 0", tessera::shape_error);
    CHECK_THROWS_WITH_AS(rule::join_values("add", joined, {1, 3}, {dyn, 3}),
                         "tessera::add: shapes [2, 3] and [1, 3] differ at axis 0; an extent of 1 known only at run time stretches through broadcast_to",
                         tessera::shape_error);
  }

  TEST_CASE("reduce: removes the axes of the mask, or keeps them as 1") {
    static_assert(rule::reduce({2, 3, 4}, 0b010, false) == extents{2, 4});
    static_assert(rule::reduce({2, 3, 4}, 0b010, true) == extents{2, 1, 4});
    static_assert(rule::reduce({2, 3, 4}, 0b111, false) == extents{});
    static_assert(rule::reduce({B, 3}, 0b10, false) == extents{B});
    static_assert(rule::reduce({2, 3}, 0, false) == extents{2, 3});
    CHECK(rule::reduce({}, 0, true) == extents{});
  }

  TEST_CASE("permute: the axes in the given order") {
    static_assert(rule::permute({2, 3, 4}, {2, 0, 1}) == extents{4, 2, 3});
    static_assert(rule::permute({2, 3, 4}, {-1, -2, -3}) == extents{4, 3, 2});
    static_assert(rule::permute({B, 3}, {1, 0}) == extents{3, B});
    CHECK(rule::permute({}, {}) == extents{});
  }

  TEST_CASE("reshape: the number of elements stays") {
    static_assert(gives(rule::reshape({2, 3}, {6}), {6}));
    static_assert(gives(rule::reshape({6}, {3, 2, 1}), {3, 2, 1}));
    static_assert(gives(rule::reshape({}, {1, 1}), {1, 1}));
    static_assert(gives(rule::reshape({0, 3}, {3, 0}), {3, 0}));
    static_assert(!rule::reshape({2, 3}, {5}));
    static_assert(gives(rule::reshape({dyn, 3}, {6}), {6}));
    static_assert(gives(rule::reshape({6}, {dyn, 2}), {dyn, 2}));
    CHECK_FALSE(rule::reshape({2, 3}, {0}));
  }

  TEST_CASE("reshape: infer is what is left") {
    static_assert(gives(rule::reshape({2, 3, 4}, {infer, 4}), {6, 4}));
    static_assert(gives(rule::reshape({2, 3, 4}, {4, infer, 2}), {4, 3, 2}));
    static_assert(gives(rule::reshape({0, 3}, {infer, 3}), {0, 3}));
    static_assert(gives(rule::reshape({}, {infer}), {1}));
    static_assert(!rule::reshape({2, 3}, {infer, 4}));
    static_assert(!rule::reshape({2, 3}, {infer, infer}));
    static_assert(!rule::reshape({0, 3}, {infer, 0}));
    static_assert(gives(rule::reshape({B, 28, 28}, {infer, 784}), {B, 784}));
    static_assert(gives(rule::reshape({B, 28, 28}, {infer, 28}), {dyn, 28}));
    static_assert(gives(rule::reshape({dyn, 4}, {infer, 2}), {dyn, 2}));
    CHECK(gives(rule::reshape({B, T, 8}, {infer, 8}), {dyn, 8}));
  }

  TEST_CASE("matmul: rows times columns, and batches broadcast") {
    static_assert(gives(rule::matmul({2, 3}, {3, 4}), {2, 4}));
    static_assert(gives(rule::matmul({3}, {3}), {}));
    static_assert(gives(rule::matmul({3}, {3, 4}), {4}));
    static_assert(gives(rule::matmul({2, 3}, {3}), {2}));
    static_assert(gives(rule::matmul({5, 2, 3}, {3}), {5, 2}));
    static_assert(gives(rule::matmul({5, 2, 3}, {3, 4}), {5, 2, 4}));
    static_assert(gives(rule::matmul({5, 1, 2, 3}, {6, 3, 4}), {5, 6, 2, 4}));
    static_assert(gives(rule::matmul({0, 3}, {3, 4}), {0, 4}));
    static_assert(gives(rule::matmul({B, 784}, {784, 10}), {B, 10}));
    static_assert(gives(rule::matmul({2, dyn}, {3, 4}), {2, 4}));
    static_assert(!rule::matmul({2, 3}, {2, 3}));
    static_assert(!rule::matmul({}, {3}));
    static_assert(!rule::matmul({2, 5, 3}, {4, 3, 1}));
    static_assert(!rule::matmul({2, B}, {T, 4}));
    CHECK_FALSE(rule::matmul({64, 784}, {128, 10}));
  }
}
