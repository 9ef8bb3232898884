// SPDX-License-Identifier: BSL-1.0
#pragma once
// From the tree of an expression to its flat program and its operands.

#include <tessera/expr/expression.hpp>

namespace tessera {

namespace detail {

/// The axis that an innermost loop over this pattern runs along: the last that is not a static 1.
[[nodiscard]] constexpr int inner_axis(const extents& pattern) {
  int axis = pattern.rank - 1;
  while (axis > 0 && pattern[axis] == 1) --axis;
  return axis < 0 ? 0 : axis;
}

/// How a contiguous leaf of shape `own` is read along the inner axis of the whole.
[[nodiscard]] constexpr access contiguous_access(const extents& own, const extents& whole) {
  const int axis = inner_axis(whole) - (whole.rank - own.rank);
  if (whole.rank == 0) return access::unit;
  if (axis < 0) return access::splat;
  return own[axis] == 1 && whole[axis + whole.rank - own.rank] != 1 ? access::splat : access::unit;
}

template <class Node, class Whole>
struct leaf_access;
template <class E, class S, class Source, class Whole>
struct leaf_access<leaf<E, S, Source>, Whole> {
  static constexpr access kind = contiguous_access(S::pattern, Whole::pattern);
  // The whole space and the leaf are one run of elements. Patterns may differ in unknown extents only.
  static constexpr bool flat = S::rank == 0 || [] {
    if (S::rank > Whole::rank) return false;
    for (int i = 0; i < Whole::rank; ++i) {
      const int j = i - (Whole::rank - S::rank);
      if (j < 0 ? Whole::pattern[i] != 1 : (S::pattern[j] == 1) != (Whole::pattern[i] == 1)) return false;
    }
    return true;
  }();
};
template <class E, class S, bool UnitInner, class Source, class Whole>
struct leaf_access<view<E, S, UnitInner, Source>, Whole> {
  static constexpr access kind = contiguous_access(S::pattern, Whole::pattern) == access::splat ? access::splat
                                 : UnitInner && inner_axis(Whole::pattern) == Whole::rank - 1   ? access::unit
                                                                                      : access::strided;
  static constexpr bool flat = false;
};
template <class E, class S, class Whole>
struct leaf_access<generated<E, S>, Whole> {
  static constexpr access kind = access::unit;
  static constexpr bool flat = false;
};
template <class E, class Whole>
struct leaf_access<constant<E>, Whole> {
  static constexpr access kind = access::splat;
  static constexpr bool flat = true;
};

template <class Node, class Whole, int Leaf, int Step, int Leaves>
struct lowering {
  using sources = type_list<source<typename Node::element, leaf_access<Node, Whole>::kind, Node::tracked>>;
  using steps = type_list<>;
  static constexpr bool flat = leaf_access<Node, Whole>::flat;
  static constexpr int value = Leaf;
};

/// Lowers operands from left to right. (Recursion, because g++ 12 crashes on the fold that this would be otherwise.)
template <class Whole, int Leaf, int Step, int Leaves, class Values, class Sources, class Steps, bool Flat, class... X>
struct lowering_of_operands;
template <class Whole, int Leaf, int Step, int Leaves, int... Value, class Sources, class Steps, bool Flat>
struct lowering_of_operands<Whole, Leaf, Step, Leaves, std::integer_sequence<int, Value...>, Sources, Steps, Flat> {
  static constexpr int next = Leaves + Step;
  static constexpr bool flat = Flat;
  using sources = Sources;
  template <class Op>
  using steps = typename joined<Steps, type_list<step<Op, Value...>>>::type;
};
template <class Whole, int Leaf, int Step, int Leaves, int... Value, class Sources, class Steps, bool Flat, class X, class... Rest>
struct lowering_of_operands<Whole, Leaf, Step, Leaves, std::integer_sequence<int, Value...>, Sources, Steps, Flat, X, Rest...>
    : lowering_of_operands<Whole, Leaf + X::leaf_count, Step + X::step_count, Leaves, std::integer_sequence<int, Value..., lowering<X, Whole, Leaf, Step, Leaves>::value>,
                           typename joined<Sources, typename lowering<X, Whole, Leaf, Step, Leaves>::sources>::type,
                           typename joined<Steps, typename lowering<X, Whole, Leaf, Step, Leaves>::steps>::type,
                           Flat && lowering<X, Whole, Leaf, Step, Leaves>::flat, Rest...> {};

template <class Op, class T, class S, class... X, class Whole, int Leaf, int Step, int Leaves>
struct lowering<map<Op, T, S, X...>, Whole, Leaf, Step, Leaves> {
  using operands = lowering_of_operands<Whole, Leaf, Step, Leaves, std::integer_sequence<int>, type_list<>, type_list<>, true, X...>;
  using sources = typename operands::sources;
  using steps = typename operands::template steps<Op>;
  static constexpr int value = operands::next;
  static constexpr bool flat = operands::flat;
};

template <class E>
struct lane_of {
  using type = typename E::element;
};
template <class Op, class T, class S, class... X>
struct lane_of<map<Op, T, S, X...>> {
  using type = T;
};

}  // namespace detail

/// The type an expression computes in. It differs from its element type where that is bool.
template <class E>
using lane_type_t = typename detail::lane_of<E>::type;

/// The program of an expression evaluated over a space of the given pattern.
template <class E, class Whole = typename E::shape_type>
using program_of = program<lane_type_t<E>, typename detail::lowering<E, Whole, 0, 0, E::leaf_count>::sources,
                           typename detail::lowering<E, Whole, 0, 0, E::leaf_count>::steps>;

/// Is the space one run of elements for every leaf? Then no loop nest is planned.
template <class E, class Whole = typename E::shape_type>
inline constexpr bool is_flat = detail::lowering<E, Whole, 0, 0, E::leaf_count>::flat;

}  // namespace tessera
