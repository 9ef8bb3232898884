// SPDX-License-Identifier: BSL-1.0
#include <tessera/shape/axes.hpp>
#include <tessera/shape/shape.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>

using tessera::count, tessera::dim, tessera::dyn, tessera::extent, tessera::extents, tessera::infer, tessera::shape;

namespace {

constexpr extent greatest = std::numeric_limits<extent>::max();

template <class S, class... Values>
constexpr bool constructible = std::is_constructible_v<S, Values...>;

struct two_by_name {
  static constexpr extents pattern{2, dim<'B'>};
};

}  // namespace

TEST_SUITE("shape/shape") {
  TEST_CASE("extents: count, strides, text") {
    static_assert(count({}) == 1);
    static_assert(count({2, 3, 4}) == 24);
    static_assert(count({2, dyn}) == dyn);
    static_assert(count({dyn, 0, 4}) == 0);
    static_assert(tessera::row_major({2, 3, 4}) == extents{12, 4, 1});
    static_assert(tessera::row_major({}) == extents{});
    static_assert(extents{2, 3} != extents{2, 3, 1});
    static_assert(extents::filled(3, 7) == extents{7, 7, 7});
    CHECK(tessera::to_string(extents{64, dyn, dim<'B'>}) == "[64, ?, B]");
    CHECK(tessera::to_string(extents{}) == "[]");
  }

  TEST_CASE("count: stops at more than any memory holds instead of wrapping around") {
    static_assert(count({extent{1} << 40, extent{1} << 40}) == tessera::largest_count);
    static_assert(count({greatest}) == tessera::largest_count);
    static_assert(count({greatest, greatest, 0}) == 0);
    static_assert(count({greatest, dyn}) == dyn);
    static_assert(tessera::row_major({greatest, greatest, greatest})[0] == tessera::largest_count);
    CHECK(count({tessera::largest_count, 1}) == tessera::largest_count);
  }

  TEST_CASE("extents: numbers, unknowns, names") {
    static_assert(tessera::is_known(0) && tessera::is_known(5) && !tessera::is_known(dyn) && !tessera::is_known(dim<'B'>));
    static_assert(tessera::is_named(dim<'B'>) && tessera::is_named(dim<'\0'>) && !tessera::is_named(dyn) && !tessera::is_named(infer));
    static_assert(tessera::is_stored(dyn) && tessera::is_stored(dim<'T'>) && !tessera::is_stored(infer) && !tessera::is_stored(3));
    static_assert(dim<'B'> == dim<'B'> && dim<'B'> != dim<'T'>);
  }

  TEST_CASE("shape: what the type knows") {
    using fixed = shape<2, 3>;
    static_assert(fixed::rank == 2 && fixed::is_static && fixed::static_size == 6 && std::is_empty_v<fixed>);
    static_assert(shape<>::rank == 0 && shape<>::static_size == 1);
    using mixed = shape<dyn, 4, dim<'B'>>;
    static_assert(mixed::rank == 3 && !mixed::is_static && mixed::static_size == dyn && mixed::unknown_count == 2);
    static_assert(sizeof(mixed) == 2 * sizeof(extent));
    static_assert(shape<dyn, 0>::static_size == 0);
    static_assert(tessera::Shape<fixed> && !tessera::Shape<int> && !tessera::Shape<extents>);
    static_assert(std::is_same_v<tessera::shape_of<two_by_name>, shape<2, dim<'B'>>>);
  }

  TEST_CASE("shape: unknown extents are constructed in order") {
    constexpr shape<dyn, 4, dyn> s(2, 3);
    static_assert(s.values() == extents{2, 4, 3});
    static_assert(s[0] == 2 && s[1] == 4 && s[-1] == 3);
    static_assert(s.size() == 24);
    static_assert(s == shape<dyn, 4, dyn>(2, 3) && s != shape<dyn, 4, dyn>(3, 2));
    static_assert(constructible<shape<dyn>, int> && constructible<shape<dyn>, unsigned char>);
    static_assert(!constructible<shape<dyn>> && !constructible<shape<dyn>, int, int> && !constructible<shape<2>, int> && !constructible<shape<dyn>, double>);
    static_assert(!std::is_convertible_v<int, shape<dyn>>);
    CHECK(shape<dyn>{0}.size() == 0);
  }

  TEST_CASE("shape: bad run-time extents are errors") {
    CHECK_THROWS_WITH_AS((shape<dyn, 4>{-1}), "tessera::shape: axis 0 has the negative extent -1", tessera::shape_error);
    CHECK_THROWS_WITH_AS((shape<dim<'B'>, dim<'B'>>{2, 3}), "tessera::shape: axes 0 and 1 of [B, B] have one name and two sizes, 2 and 3", tessera::shape_error);
    CHECK((shape<dim<'B'>, dim<'T'>, dim<'B'>>{2, 3, 2}).size() == 12);
  }

  TEST_CASE("shape: from checks what the type knows") {
    static_assert(shape<dyn, 4>::from({3, 4}) == shape<dyn, 4>(3));
    static_assert(shape<2, 4>::from({2, 4}).values() == extents{2, 4});
    CHECK_THROWS_WITH_AS(static_cast<void>(shape<dyn, 4>::from({3, 5})), "tessera::shape: [3, 5] does not fit [?, 4]", tessera::shape_error);
    CHECK_THROWS_AS(static_cast<void>(shape<dyn, 4>::from({4})), tessera::shape_error);
    CHECK_THROWS_AS(static_cast<void>(shape<dyn>::from({-3})), tessera::shape_error);
    CHECK_THROWS_AS(static_cast<void>(shape<dim<'B'>, dim<'B'>>::from({1, 2})), tessera::shape_error);
  }

  TEST_CASE("axes: negative ones count from the end") {
    static_assert(tessera::are_axes({0, -1}, 2));
    static_assert(!tessera::are_axes({2}, 2) && !tessera::are_axes({-3}, 2));
    static_assert(!tessera::are_axes({1, -1}, 2));
    static_assert(tessera::are_axes({}, 0) && !tessera::are_axes({0}, 0));
    static_assert(tessera::axis_mask({0, -1}, 3) == 0b101);
    CHECK(tessera::axes<0, -1>.values == extents{0, -1});
  }
}
