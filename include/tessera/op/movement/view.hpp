// SPDX-License-Identifier: BSL-1.0
#pragma once
// Index maps on leaves: what permute, slice and broadcast_to give without moving an element. The operand of a movement that
// is an elementwise tree is evaluated first.

#include <tessera/op/reduce/axes.hpp>

namespace tessera::detail {

/// The operand as a leaf or a view.
template <Operand X>
[[nodiscard]] auto as_leaf(const X& x) {
  const auto& e = expression_of(x);
  if constexpr (InlineOperand<X>) return tensor(e).lazy();
  else if constexpr (is_map<std::remove_cvref_t<decltype(e)>>) return evaluated(e);
  else return e;
}

template <class L>
struct source_of;
template <class E, class S, class Source>
struct source_of<leaf<E, S, Source>> {
  using type = Source;
  static constexpr bool unit_inner = true;
};
template <class E, class S, bool UnitInner, class Source>
struct source_of<view<E, S, UnitInner, Source>> {
  using type = Source;
  static constexpr bool unit_inner = UnitInner;
};

/// Elements of an operand on the static path through a map over S, as a value of their own.
template <Shape S, class Map, StaticOperand X>
[[nodiscard]] constexpr auto moved(const X& x, extent offset = 0) {
  if constexpr (Eager<X>) return record_movement<S, Map>(x, offset);
  else return read_map<S, Map>(array_of<element_t<X>>(x), offset);
}

/// The leaf seen through other extents and strides. UnitInner: the last axis moves by one element.
template <bool UnitInner, Shape S, class L>
[[nodiscard]] auto restrided(const L& x, S shape, const extents& strides, extent offset = 0) {
  if constexpr (requires { x.offset; }) offset += x.offset;
  return view<typename L::element, S, UnitInner, typename source_of<L>::type>{x.hold, shape, strides, offset, x.source};
}

}  // namespace tessera::detail
