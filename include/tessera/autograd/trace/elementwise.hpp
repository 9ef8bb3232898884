// SPDX-License-Identifier: BSL-1.0
#pragma once
// Elementwise operations on traced values. The derivative is the operation's own: it runs on numbers and registers where the
// values are numbers and arrays, and on traced values where a gradient is differentiated again.

#include <tessera/autograd/trace/rules.hpp>

namespace tessera::trace {

namespace detail {

/// The elements of a number or an array.
template <class V>
[[nodiscard]] constexpr auto* elements(V& x) {
  if constexpr (Scalar<V>) return &x;
  else return x.data();
}

/// A plain or traced value of lower depth as an X of shape S: stretched, and a constant of each trace it does not know.
template <class X, class V>
[[nodiscard]] constexpr X lifted(const V& x, [[maybe_unused]] const X& like) {
  using S = value_shape<X>;
  if constexpr (std::same_as<X, V>) {
    return x;
  } else if constexpr (depth_of<X> == depth_of<V>) {
    return read<S, tessera::detail::stretched_strides<value_shape<V>, S>>(x);
  } else if constexpr (Scalar<V>) {
    return X::constant(static_cast<double>(x));
  } else {
    return X(like.node()->owner->constant(lifted(x, like.value())));
  }
}

/// A cotangent summed to the shape of a value V, and a number where V is one.
template <class V, class X>
[[nodiscard]] constexpr V lowered_to(const X& part) {
  if constexpr (std::same_as<V, X>) return part;
  else return as_kind<is_number<V>>(add<value_shape<V>, tessera::detail::stretched_strides<value_shape<V>, value_shape<X>>>(part));
}

/// Part K of what a derivative returned.
template <int K, class X, class Parts>
[[nodiscard]] constexpr const auto& part_of(const Parts& parts) {
  if constexpr (std::same_as<Parts, X> || std::same_as<Parts, no_gradient>) return parts;
  else return parts.template get<K>();
}

}  // namespace detail

template <class Op>
struct elementwise_rule {
  template <class... X>
  [[nodiscard]] constexpr auto value(const X&... x) const { return fuse<Op>(x...); }

  template <class G, class... X>
  constexpr void propagate(const G& g, const G& y, const X&... x) const {
    if constexpr (Eager<G>) follow(std::make_integer_sequence<int, sizeof...(X)>{}, g, y, x...);
    else run(std::make_integer_sequence<int, sizeof...(X)>{}, g, y, x...);
  }

 private:
  template <class X>
  using value_of = std::remove_cvref_t<decltype(detail::kept_value(std::declval<const X&>()))>;

  // On traced values: as one operation after the other.
  template <int... K, class G, class... X>
  static constexpr void follow(std::integer_sequence<int, K...>, const G& g, const G& y, const X&... x) {
    const auto parts = Op::derivative(g, detail::lifted(detail::kept_value(x), g)..., y);
    const auto give = [](const auto& to, const auto& part) {
      using Part = std::remove_cvref_t<decltype(part)>;
      if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(to)>> && !std::same_as<Part, no_gradient>)
        if (to->tracked) to->add(detail::lowered_to<std::remove_cvref_t<decltype(to->value)>>(part));
    };
    (give(x, detail::part_of<K, G>(parts)), ...);
  }

  // On numbers and arrays: in one loop.
  template <int... K, class G, class... X>
  static constexpr void run(std::integer_sequence<int, K...>, const G& g, const G& y, const X&... x) {
    using S = value_shape<G>;
    using T = value_element<G>;
    constexpr bool flat = (true && ... && tessera::detail::leaf_access<leaf<T, value_shape<value_of<X>>>, S>::flat);
    const auto open = []<class A>([[maybe_unused]] const A& to) {
      if constexpr (std::is_pointer_v<A>)
        if (to->tracked) to->open();
    };
    (open(x), ...);
    backend::for_static_rows<S, flat, T>([&]<class V>(const extents& at, extent row, extent j, int lanes) TESSERA_INLINE_LAMBDA {
      const auto read = [&]<class A>(const A& operand) TESSERA_INLINE_LAMBDA {
        using access = backend::static_access<value_shape<A>, S, flat>;
        const T* from = detail::elements(operand) + access::offset(at);
        if constexpr (access::splat) return V(*from);
        else return backend::load_some<V>(from + j, lanes);
      };
      const auto give = [&]<class A, class Part>([[maybe_unused]] const A& to, const Part& part) TESSERA_INLINE_LAMBDA {
        if constexpr (std::is_pointer_v<A> && !std::same_as<Part, no_gradient>) {
          if (!to->tracked) return;
          using access = backend::static_access<value_shape<value_of<A>>, S, flat>;
          T* place = detail::elements(to->adjoint) + access::offset(at);
          if constexpr (access::splat && backend::width<V> == 1) *place += part;
          else if constexpr (access::splat) *place += backend::fold<backend::total>(part, lanes);
          else backend::store_some(place + j, V(backend::load_some<V>(place + j, lanes) + part), lanes);
        }
      };
      const T* first = detail::elements(y) + row + j;
      const auto parts = Op::derivative(backend::load_some<V>(detail::elements(g) + row + j, lanes), read(detail::kept_value(x))..., backend::load_some<V>(first, lanes));
      (give(x, detail::part_of<K, V>(parts)), ...);
    });
  }
};

namespace detail {

/// A traced number beside arrays counts as a number.
template <class X>
struct weak_argument {
  using type = X;
};
template <class V>
  requires(is_number<V>)
struct weak_argument<traced<V>> {
  using type = value_element<V>;
};
template <class X>
inline constexpr bool is_array_like = Operand<X> && !is_number<X>;

/// The lanes of an operation on these operands.
template <class Op, bool HasArray, class... X>
struct lanes_of {
  using type = typename tessera::detail::lane_for<Op, X...>::type;
};
template <class Op, class... X>
struct lanes_of<Op, true, X...> {
  using type = typename tessera::detail::lane_for<Op, typename weak_argument<X>::type...>::type;
};

}  // namespace detail

/// The hook of elementwise operations.
template <class Op, class... X>
[[nodiscard]] constexpr auto record_elementwise(const X&... x) {
  if constexpr (Op::differentiable) {
    using T = typename detail::lanes_of<Op, (false || ... || detail::is_array_like<X>), X...>::type;
    return record(elementwise_rule<Op>{}, converted<T>(x)...);
  } else {
    constexpr int depth = std::max({depth_of<X>...});
    const auto y = fuse<Op>(lowered<depth>(x)...);
    return settled_t<decltype(y)>(y);
  }
}

template <class V>
template <lane::function F, class... X>
constexpr traced<V> traced<V>::call(const X&... x) {
  const auto choose = [](const auto& condition, const traced& a, const traced& b) {
    if constexpr (Scalar<decltype(condition)>) return condition ? a : b;
    else return record_elementwise<op::where>(condition, a, b);
  };
  if constexpr (F == lane::function::select) return choose(x...);
  else return record_elementwise<typename autograd::detail::op_of<F>::type>(x...);
}

}  // namespace tessera::trace
