// SPDX-License-Identifier: BSL-1.0
#pragma once
// shape<2, dyn>: extents in the type; only the unknown ones are stored.

#include <tessera/core/error.hpp>
#include <tessera/shape/extents.hpp>

#include <concepts>
#include <string>
#include <utility>

namespace tessera {

namespace detail {

// An empty base when nothing is dynamic: nvcc lays [[no_unique_address]] members out differently on the device.
template <int Count>
struct stored_extents {
  extent stored[Count];
};
template <>
struct stored_extents<0> {};

// The checks once for all shapes.
[[noreturn]] TESSERA_COLD_ONCE void refuse_extents(const extents& actual, const extents& pattern) {
  raise<shape_error>({"tessera::shape: ", actual, " does not fit ", pattern});
}
[[gnu::noinline]] constexpr void check_fit(const extents& actual, const extents& pattern) {
  bool fits = actual.rank == pattern.rank;
  for (int i = 0; fits && i < pattern.rank; ++i) fits = actual[i] >= 0 && (!is_known(pattern[i]) || pattern[i] == actual[i]);
  if (!fits) refuse_extents(actual, pattern);
}
[[noreturn]] TESSERA_COLD_ONCE void refuse_negative(int axis, extent size) {
  raise<shape_error>({"tessera::shape: axis ", axis, " has the negative extent ", size});
}
[[noreturn]] TESSERA_COLD_ONCE void refuse_two_sizes(const extents& actual, const extents& pattern, int i, int j) {
  raise<shape_error>({"tessera::shape: axes ", i, " and ", j, " of ", pattern, " have one name and two sizes, ", actual[i], " and ", actual[j]});
}
[[gnu::noinline]] constexpr void check_sizes(const extents& actual, const extents& pattern) {
  for (int i = 0; i < pattern.rank; ++i) {
    if (actual[i] < 0 && pattern[i] != infer) refuse_negative(i, actual[i]);
    for (int j = 0; j < i; ++j)
      if (is_named(pattern[i]) && pattern[i] == pattern[j] && actual[i] != actual[j]) refuse_two_sizes(actual, pattern, j, i);
  }
}

}  // namespace detail

/// The extents of a tensor. Each is a number, dyn, or dim<'N'>; a shape with unknown extents is constructed from their
/// values in order: shape<dyn, 4>{3} is 3x4.
///   error  shape_error where a run-time extent is negative or contradicts the type
template <extent... E>
struct shape : detail::stored_extents<(0 + ... + (is_stored(E) ? 1 : 0))> {
  static_assert(sizeof...(E) <= max_rank, "tessera: a shape has at most 8 axes");

  /// The extents as the type knows them: negative where unknown.
  static constexpr extents pattern{E...};
  static constexpr int rank = sizeof...(E);
  static constexpr int unknown_count = (0 + ... + (is_stored(E) ? 1 : 0));
  static constexpr bool is_static = (true && ... && is_known(E));
  /// The number of elements if the type knows it, otherwise dyn.
  static constexpr extent static_size = count(pattern);

  constexpr shape()
    requires(unknown_count == 0)
  = default;

  template <std::integral... Values>
    requires(unknown_count > 0 && sizeof...(Values) == unknown_count)
  constexpr explicit(sizeof...(Values) == 1) shape(Values... values)
      : detail::stored_extents<unknown_count>{{static_cast<extent>(values)...}} {
    check_names();
  }

  /// The shape of this type that has the given extents.
  ///   error  shape_error unless they match the known ones
  [[nodiscard]] static constexpr shape from(const extents& actual) {
    detail::check_fit(actual, pattern);
    if constexpr (unknown_count == 0) {
      return {};
    } else {
      shape result(unchecked{});
      for (int i = 0, next = 0; i < rank; ++i)
        if (is_stored(pattern[i])) result.stored[next++] = actual[i];
      result.check_names();
      return result;
    }
  }

  [[nodiscard]] constexpr extents values() const {
    if constexpr (unknown_count == 0) {
      return pattern;
    } else {
      extents all = pattern;
      for (int i = 0, next = 0; i < rank; ++i)
        if (is_stored(pattern[i])) all[i] = this->stored[next++];
      return all;
    }
  }
  /// The size of one axis, which may count from the end.
  [[nodiscard]] constexpr extent operator[](int axis) const {
    const int i = axis < 0 ? axis + rank : axis;
    if constexpr (unknown_count == 0) return pattern[i];
    else return is_stored(pattern[i]) ? this->stored[places.at[i]] : pattern[i];
  }
  /// The number of elements.
  [[nodiscard]] constexpr extent size() const {
    if constexpr (static_size >= 0) {
      return static_size;
    } else {
      extent n = 1;
      for (int i = 0; i < rank; ++i) {
        const extent e = (*this)[i];
        if (!is_known(e)) return dyn;
        n = detail::product(n, e);
      }
      return n;
    }
  }

  friend constexpr bool operator==([[maybe_unused]] const shape& a, [[maybe_unused]] const shape& b) {
    if constexpr (unknown_count != 0)
      for (int i = 0; i < unknown_count; ++i)
        if (a.stored[i] != b.stored[i]) return false;
    return true;
  }

 private:
  // Where the extent of each axis is stored, if it is.
  static constexpr auto places = [] {
    struct { int at[rank + 1]; } all{};
    for (int i = 0, next = 0; i < rank; ++i) all.at[i] = is_stored(pattern[i]) ? next++ : 0;
    return all;
  }();

  struct unchecked {};
  constexpr explicit shape(unchecked) : detail::stored_extents<unknown_count>{} {}

  constexpr void check_names() const { detail::check_sizes(values(), pattern); }
};

template <class T>
inline constexpr bool is_shape = false;
template <extent... E>
inline constexpr bool is_shape<shape<E...>> = true;

/// Is T a shape?
template <class T>
concept Shape = is_shape<T>;

namespace detail {
template <class Rule, class = std::make_integer_sequence<int, Rule::pattern.rank>>
struct shape_from;
template <class Rule, int... I>
struct shape_from<Rule, std::integer_sequence<int, I...>> {
  using type = shape<Rule::pattern.at[I]...>;
};
}  // namespace detail

/// The shape type with the extents of Rule::pattern. (A type carries them: g++ 12 crashes on extents as template arguments.)
template <class Rule>
using shape_of = typename detail::shape_from<Rule>::type;

}  // namespace tessera
