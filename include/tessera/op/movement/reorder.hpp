// SPDX-License-Identifier: BSL-1.0
#pragma once
// permute, transpose and broadcast_to: lazy, no element moves.

#include <tessera/op/movement/restride.hpp>
#include <tessera/op/movement/view.hpp>

namespace tessera {

// A diagnosis: the compiler names it where a shape cannot be stretched to another.
template <class From, class To>
struct shape_does_not_broadcast_to {};

namespace detail {

template <Shape S, class Order>
struct permuted {
  static constexpr extents pattern = rule::permute(S::pattern, Order::values);
};

template <class Order, Operand X>
[[nodiscard]] auto permuted_view(const X& x) {
  const auto l = as_leaf(x);
  using L = std::remove_cvref_t<decltype(l)>;
  using S = shape_of<permuted<typename L::shape_type, Order>>;
  constexpr int r = S::rank;
  constexpr bool unit = r == 0 || (source_of<L>::unit_inner && (Order::values.at[r == 0 ? 0 : r - 1] + r) % (r == 0 ? 1 : r) == r - 1);
  return restrided<unit>(l, S::from(rule::permute(l.shape().values(), Order::values)), rule::permute(l.strides(), Order::values));
}

template <Shape S, class Order>
struct permuted_map {
  static constexpr extents values = rule::permute(row_major(S::pattern), Order::values);
};

template <class Order, Operand X>
[[nodiscard]] constexpr auto permute_leaf(const X& x) {
  if constexpr (StaticOperand<X>) return moved<shape_of<permuted<shape_t<X>, Order>>, permuted_map<shape_t<X>, Order>>(x);
  else return permuted_view<Order>(x);
}

/// The order of axes that exchanges two.
template <int Rank, int A, int B, class Indices = std::make_integer_sequence<int, Rank>>
struct exchanged;
template <int Rank, int A, int B, int... I>
struct exchanged<Rank, A, B, std::integer_sequence<int, I...>> {
  static constexpr int a = A < 0 ? A + Rank : A, b = B < 0 ? B + Rank : B;
  using type = axis_list<(I == a ? b : I == b ? a : I)...>;
};

}  // namespace detail

/// The axes of x in another order: permute(x, axes<2, 0, 1>).
///   grad   dy in the inverse order
///   cost   none: an index map
///   like   torch.permute
struct permute_fn {
  template <class X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...>) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr bool fits = sizeof...(A) == shape_t<X>::rank && are_axes(axis_list<A...>::values, shape_t<X>::rank);
      expect<fits, axes_do_not_fit<op::name<"permute">, axis_list<A...>, shape_t<X>>>();
      if constexpr (fits) return detail::permute_leaf<axis_list<A...>>(x);
      else return poison{};
    }
  }
};
inline constexpr permute_fn permute{};

/// Two axes of x exchanged: the last two, or transpose(x, axes<0, 1>).
///   like   torch.transpose, torch.Tensor.mT
struct transpose_fn {
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x) const { return (*this)(x, axes<-2, -1>); }
  template <class X, int A, int B>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A, B>) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr int rank = shape_t<X>::rank;
      constexpr bool fits = A >= -rank && A < rank && B >= -rank && B < rank;
      expect<fits, axes_do_not_fit<op::name<"transpose">, axis_list<A, B>, shape_t<X>>>();
      if constexpr (fits) return detail::permute_leaf<typename detail::exchanged<rank, A, B>::type>(x);
      else return poison{};
    }
  }
};
inline constexpr transpose_fn transpose{};

/// x stretched to a larger shape: extents of 1 and missing axes repeat. Here a run-time extent of 1 may stretch too.
///   error  compile time: shape_does_not_broadcast_to; run time: shape_error
///   grad   dy summed over what was stretched
///   cost   none: an index map
///   like   torch.broadcast_to
struct broadcast_to_fn {
  template <class X, Shape S>
  [[nodiscard]] constexpr auto operator()(const X& x, S to) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr bool fits = fits_in(shape_t<X>::pattern, S::pattern);
      expect<fits, shape_does_not_broadcast_to<shape_t<X>, S>>();
      if constexpr (!fits) return poison{};
      else if constexpr (StaticOperand<X> && S::is_static) return detail::moved<S, detail::stretched_strides<shape_t<X>, S>>(x);
      else return stretched(detail::as_leaf(x), to);
    }
  }

 private:
  static constexpr bool fits_in(const extents& from, const extents& to) {
    if (from.rank > to.rank) return false;
    for (int i = 0; i < from.rank; ++i) {
      const extent f = from[i], t = to[i + to.rank - from.rank];
      if (f != 1 && is_known(f) && is_known(t) && f != t) return false;
    }
    return true;
  }
  template <class L, Shape S>
  static auto stretched(const L& l, S to) {
    const extents from = l.shape().values(), all = to.values();
    extents strides = extents::filled(S::rank, 0);
    for (int i = 0; i < from.rank; ++i) {
      const int j = i + S::rank - from.rank;
      if (from[i] != 1 && from[i] != all[j])
        raise<shape_error>({"tessera::broadcast_to: shape ", from, " does not stretch to ", all, " at axis ", j});
      strides[j] = from[i] == 1 && all[j] != 1 ? 0 : l.strides()[i];
    }
    constexpr bool unit = S::rank > 0 && L::shape_type::rank > 0 && detail::source_of<L>::unit_inner && is_known(L::shape_type::pattern.back()) &&
                          L::shape_type::pattern.back() == S::pattern.back() && S::pattern.back() != 1;
    return detail::restrided<unit>(l, to, strides);
  }
};
inline constexpr broadcast_to_fn broadcast_to{};

}  // namespace tessera
