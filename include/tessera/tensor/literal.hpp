// SPDX-License-Identifier: BSL-1.0
#pragma once
// Nested braces as the value of a tensor or an array: rows of different lengths do not compile.

#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/shape.hpp>

#include <concepts>
#include <cstddef>

namespace tessera::detail {

template <std::size_t First, std::size_t... Rest>
inline constexpr std::size_t first_of = First;
template <std::size_t First, std::size_t... Rest>
inline constexpr bool all_equal_to = (true && ... && (First == Rest));
template <std::size_t... N>
inline constexpr bool all_equal = false;
template <std::size_t First, std::size_t... Rest>
inline constexpr bool all_equal<First, Rest...> = all_equal_to<First, Rest...>;

/// Appends the numbers of a literal, in row-major order.
template <class T, class U>
constexpr void copy_literal(T*& to, const U& value) {
  *to++ = static_cast<T>(value);
}
template <class T, class U, std::size_t N>
constexpr void copy_literal(T*& to, const U (&row)[N]) {
  for (const U& value : row) copy_literal(to, value);
}

/// Are Rows the elements of a tensor of at most one axis?
template <class T, class S, class... Rows>
inline constexpr bool literal_fits = S::is_static && (true && ... && (Element<Rows> && std::convertible_to<Rows, T>)) &&
                                     (S::rank == 1 ? sizeof...(Rows) > 0 && S::static_size == static_cast<extent>(sizeof...(Rows)) : S::rank == 0 && sizeof...(Rows) == 1);

}  // namespace tessera::detail
