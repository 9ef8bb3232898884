// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sums, movement, products and the other structured operations on traced values: the hooks that operations call.

#include <tessera/autograd/trace/elementwise.hpp>

namespace tessera {
namespace trace {

namespace detail {

/// Do the rules of Op read matrices in place? They do where no value is traced.
template <class Op, class G>
inline constexpr bool in_place = is_array<G> && (std::same_as<Op, op::matmul> || std::same_as<Op, op::linear>);

template <bool InPlace, class X>
[[nodiscard]] constexpr decltype(auto) rule_argument(const X& x) {
  if constexpr (InPlace) return tessera::detail::ref(x);
  else return (x);
}

template <int K, class Parts, class Operand>
constexpr void add_cotangent(const Parts& parts, [[maybe_unused]] const Operand& to) {
  if constexpr (std::is_pointer_v<Operand>) {
    const auto& make = parts.template get<K>();
    using V = std::remove_cvref_t<decltype(to->value)>;
    if (!to->tracked) return;
    if constexpr (std::same_as<V, decltype(make())>) to->add_made(make);
    else to->add(settled(make()));
  }
}

}  // namespace detail

/// An operation that says its cotangents in operations on its operands.
template <class S, class T, class Op>
struct structured_rule {
  [[no_unique_address]] Op op;
  template <class... X>
  [[nodiscard]] constexpr auto value(const X&... x) const { return tessera::structured<S, T>(op, x...); }
  template <class G, class... X>
  constexpr void propagate(const G& g, const G& y, const X&... x) const {
    [&]<int... K>(std::integer_sequence<int, K...>) {
      constexpr bool refs = detail::in_place<Op, G>;
      const auto add = [&](const auto& adjoint, const auto& result, const auto&... operand) {  // which the functions in parts refer to
        const auto parts = op.vjp(adjoint, operand..., result);
        (detail::add_cotangent<K>(parts, x), ...);
      };
      add(detail::rule_argument<refs>(g), detail::rule_argument<refs>(y), detail::rule_argument<refs>(detail::kept_value(x))...);
    }(std::make_integer_sequence<int, sizeof...(X)>{});
  }
};

/// Joined operands: each gets its part of the adjoint.
template <class S, class T>
struct structured_rule<S, T, op::concat> {
  op::concat op;
  template <class... X>
  [[nodiscard]] constexpr auto value(const X&... x) const { return tessera::structured<S, T>(op, x...); }
  template <class G, class... X>
  constexpr void propagate(const G& g, const G&, const X&... x) const {
    extent from = 0;
    (give(g, x, from), ...);
  }

 private:
  template <class G, class X>
  constexpr void give(const G& g, const X& x, extent& from) const {
    using P = value_shape<std::remove_cvref_t<decltype(detail::kept_value(x))>>;
    if constexpr (std::is_pointer_v<X>)
      if (x->tracked) x->add(read<P, tessera::detail::dense_map<S>>(g, from * row_major(S::pattern)[op.axis]));
    from += P::pattern[op.axis];
  }
};

template <Shape S, Element T, class Op, class... X>
[[nodiscard]] constexpr auto record_structured(Op op, const X&... x) {
  return record(structured_rule<S, T, Op>{op}, converted<T>(as_kind<false>(settled(x)))...);
}
template <class R, Shape S, class V>
[[nodiscard]] constexpr auto record_sum(const traced<V>& x) {
  if constexpr (is_number<V>) return x;
  else return add<S, tessera::detail::reduced_map<value_shape<V>, R::mask>>(x);
}
template <Shape S, class Map, class V>
[[nodiscard]] constexpr auto record_movement(const traced<V>& x, extent offset) {
  return read<S, Map>(x, offset);
}
template <Element To, class V>
[[nodiscard]] constexpr auto record_conversion(const traced<V>& x) {
  return converted<To>(x);
}
template <class V>
[[nodiscard]] constexpr traced<V> record_statement(const traced<V>& x) {
  return x;
}

/// The element at an index as a number.
template <class V>
[[nodiscard]] constexpr auto element_of(const traced<V>& x, const extents& index) {
  constexpr extents strides = row_major(value_shape<V>::pattern);
  extent offset = 0;
  for (int i = 0; i < strides.rank; ++i) offset += index[i] * strides[i];
  return as_kind<true>(read<shape<>, tessera::detail::dense_map<shape<>>>(x, offset));
}

// The vocabulary of rules that are followed on traced values.
template <class A, class B>
  requires(Eager<A> || Eager<B>)
[[nodiscard]] constexpr auto apply(const op::matmul&, const A& a, const B& b) {
  return matmul(a, b);
}
template <class V>
[[nodiscard]] constexpr auto transposed(const traced<V>& x) {
  return transpose(x);
}
template <class V>
[[nodiscard]] constexpr auto rows_of(const traced<V>& x) {
  return reshape(x, shape_of<tessera::detail::row_shape<value_shape<V>>>{});
}
template <class V, extent... E>
[[nodiscard]] constexpr auto sum_to(const traced<V>& x, shape<E...>) {
  if constexpr (std::same_as<value_shape<V>, shape<E...>>) return x;
  else return add<shape<E...>, tessera::detail::stretched_strides<shape<E...>, value_shape<V>>>(x);
}

}  // namespace trace

// The same of the arrays beside them.
template <Element T, Shape S>
[[nodiscard]] constexpr auto transposed(const array<T, S>& x) {
  return transpose(x);
}
template <Element T, Shape S>
[[nodiscard]] constexpr auto rows_of(const array<T, S>& x) {
  return reshape(x, shape_of<detail::row_shape<S>>{});
}

/// The value of x that no gradient flows through.
template <class V>
[[nodiscard]] constexpr V detach(const trace::traced<V>& x) {
  return x.value();
}

}  // namespace tessera
