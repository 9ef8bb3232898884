// SPDX-License-Identifier: BSL-1.0
#pragma once
// The linear rules of traced values: reading and adding through index maps, which are all of movement, broadcasting and
// summing and each other's gradient; conversions.

#include <tessera/autograd/trace/traced.hpp>
#include <tessera/op/op.hpp>

namespace tessera {

/// Both masks, and either: what rules do with two conditions.
template <Shape S>
[[nodiscard]] constexpr array<bool, S> operator&(const array<bool, S>& a, const array<bool, S>& b) {
  array<bool, S> both;
  std::transform(a.begin(), a.end(), b.begin(), both.begin(), [](bool x, bool y) { return x && y; });
  return both;
}
template <Shape S>
[[nodiscard]] constexpr array<bool, S> operator|(const array<bool, S>& a, const array<bool, S>& b) {
  array<bool, S> either;
  std::transform(a.begin(), a.end(), b.begin(), either.begin(), [](bool x, bool y) { return x || y; });
  return either;
}

namespace trace {

template <Shape S, class Map, class X>
[[nodiscard]] constexpr auto read(const X& x, extent offset = 0);
template <Shape Base, class Map, class X>
[[nodiscard]] constexpr auto add(const X& x, extent offset = 0);
template <bool Number, class X>
[[nodiscard]] constexpr auto as_kind(const X& x);

/// The type of the value behind an operand's node.
template <class X>
using kept_t = std::remove_cvref_t<decltype(std::declval<const X&>()->value)>;

/// Elements reached through an index map.
template <class S, class Map>
struct read_rule {
  extent offset;
  template <class X>
  [[nodiscard]] constexpr auto value(const X& x) const { return read<S, Map>(x, offset); }
  template <class G, class Y, class X>
  constexpr void propagate(const G& g, const Y&, const X& x) const {
    if constexpr (std::is_pointer_v<X>) x->add(as_kind<is_number<kept_t<X>>>(add<value_shape<kept_t<X>>, Map>(g, offset)));
  }
};

/// Elements added through an index map.
template <class Base, class Map>
struct add_rule {
  extent offset;
  template <class X>
  [[nodiscard]] constexpr auto value(const X& x) const { return add<Base, Map>(x, offset); }
  template <class G, class Y, class X>
  constexpr void propagate(const G& g, const Y&, const X& x) const {
    if constexpr (std::is_pointer_v<X>) x->add(read<value_shape<kept_t<X>>, Map>(g, offset));
  }
};

/// A number as an array of no axes, or the other way round.
template <bool Number>
struct kind_rule {
  template <class X>
  [[nodiscard]] constexpr auto value(const X& x) const { return as_kind<Number>(x); }
  template <class G, class Y, class X>
  constexpr void propagate(const G& g, const Y&, const X& x) const {
    if constexpr (std::is_pointer_v<X>) x->add(as_kind<!Number>(g));
  }
};

/// Another element type.
template <class To>
struct cast_rule;
template <Element To, class X>
[[nodiscard]] constexpr auto converted(const X& x) {
  if constexpr (Scalar<X>) return static_cast<To>(x);
  else if constexpr (Eager<X> && std::same_as<To, value_element<X>>) return x;
  else if constexpr (Eager<X>) return record(cast_rule<To>{}, x);
  else return array<To, shape_t<X>>(tessera::detail::array_of<To>(settled(x)));
}
template <class To>
struct cast_rule {
  template <class X>
  [[nodiscard]] constexpr auto value(const X& x) const { return converted<To>(x); }
  template <class G, class Y, class X>
  constexpr void propagate(const G& g, const Y&, const X& x) const {
    if constexpr (std::is_pointer_v<X>) x->add(converted<value_element<kept_t<X>>>(g));
  }
};

template <Shape S, class Map, class X>
constexpr auto read(const X& x, extent offset) {
  if constexpr (Scalar<X>) return array<X, S>(S{}, x);
  else if constexpr (Eager<X>) return record(read_rule<S, Map>{offset}, x);
  else return tessera::detail::read_map<S, Map>(x, offset);
}
template <Shape Base, class Map, class X>
constexpr auto add(const X& x, extent offset) {
  if constexpr (Eager<X>) return record(add_rule<Base, Map>{offset}, x);
  else if constexpr (Base::static_size == 1 && shape_t<X>::static_size != 0) return array<element_t<X>, Base>(Base{}, tessera::detail::sum_of(x));
  else return tessera::detail::add_map<Base, Map>(x, offset);
}
template <bool Number, class X>
constexpr auto as_kind(const X& x) {
  if constexpr (is_number<X> == Number) return x;
  else if constexpr (Eager<X>) return record(kind_rule<Number>{}, x);
  else if constexpr (Number) return x.item();
  else return array<X, shape<>>(shape<>{}, x);
}

}  // namespace trace
}  // namespace tessera
