// SPDX-License-Identifier: BSL-1.0
#pragma once
// What every reduction over axes needs: its shape rule and its diagnosis.

#include <tessera/op/structured.hpp>
#include <tessera/shape/axes.hpp>

#include <algorithm>

namespace tessera {

// A diagnosis: the compiler names it where an operation is given axes that its operand does not have.
template <class Operation, class Axes, class Shape>
struct axes_do_not_fit {};

namespace op {

/// The name of an operation as a type, for diagnoses.
template <std::size_t N>
struct text {
  char at[N];
  constexpr text(const char (&from)[N]) { std::copy_n(from, N, at); }
};
template <text Name>
struct name;

}  // namespace op

namespace detail {

template <class Indices>
struct all_axes_of;
template <int... I>
struct all_axes_of<std::integer_sequence<int, I...>> {
  using type = axis_list<I...>;
};

/// The shape rule of a reduction, for patterns and for extents.
template <Shape S, class Axes, bool Keep>
struct reduction {
  static constexpr unsigned mask = axis_mask(Axes::values, S::rank);
  static constexpr extents pattern = rule::reduce(S::pattern, mask, Keep);
  [[nodiscard]] static constexpr extents apply(const extents& all) { return rule::reduce(all, mask, Keep); }
};

/// An expression as something that can be kept: a tensor, an array, or a variable where a graph tracks it.
template <Expression E>
[[nodiscard]] constexpr auto kept(const E& e) {
  if constexpr (E::tracked) return record_statement(e);
  else if constexpr (InlineOperand<E>) return array<typename E::element, typename E::shape_type>(e);
  else return tensor<typename E::element, typename E::shape_type>(e);
}

}  // namespace detail

/// All axes of a rank.
template <int Rank>
using all_axes = typename detail::all_axes_of<std::make_integer_sequence<int, Rank>>::type;

}  // namespace tessera
