// SPDX-License-Identifier: BSL-1.0
#pragma once
// sum and mean over any axes of a lazy operand: the elements are added as they are computed, without a temporary.

#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/reduce/axes.hpp>

namespace tessera {

namespace detail {

/// The operand as the sum reads it: an elementwise tree only where its lanes are those of the sum.
template <class T, Expression E>
[[nodiscard]] auto summand(const E& e) {
  if constexpr (is_map<E> && !std::same_as<T, lane_type_t<E>>) return evaluated(e);
  else return e;
}

template <class T, class E>
using summing_program = program<T, typename lowering<E, typename E::shape_type, 0, 0, E::leaf_count>::sources, typename lowering<E, typename E::shape_type, 0, 0, E::leaf_count>::steps>;

/// Is a recorded operand of a sum a statement of its own? A sum keeps no elements, which the derivative of a last step may read.
template <class T, class E>
inline constexpr bool sums_a_statement = false;
template <class T, class E>
  requires is_map<E>
inline constexpr bool sums_a_statement<T, E> = !std::same_as<T, lane_type_t<E>> || program_of<E>::keeps_result;

/// The sum of what no graph tracks and is no array, where it is.
template <class T, class R, class S, Expression E>
[[nodiscard]] tensor<T, S> sum_in_memory(const E& e) {
  const with_device_of on(e);
  const auto x = summand<T>(e);
  tensor<T, S> y(S::from(R::apply(e.shape().values())), T(0));
  backend::reduce<backend::plain_sum, R::mask, std::remove_cvref_t<decltype(x)>, T, summing_program<T, std::remove_cvref_t<decltype(x)>>>(x, y.mutable_data());
  return y;
}

template <class Axes, bool Keep, Expression E>
[[nodiscard]] constexpr auto sum_expression(const E& e) {
  using T = sum_t<typename E::element>;
  using R = reduction<typename E::shape_type, Axes, Keep>;
  using S = shape_of<R>;
  if constexpr (E::tracked) {
    if constexpr (sums_a_statement<T, E>) return record_sum<R, S>(evaluated(e));
    else return record_sum<R, S>(e);
  } else if constexpr (InlineOperand<E>) {
    return sum_over<S, R::mask>(array_of<T>(e));
  } else {
    return sum_in_memory<T, R, S>(e);
  }
}

}  // namespace detail

/// The sum over the given axes, or over all of them; an empty sum is 0.
///   shape  the axes removed, or kept with extent 1: sum(x, axis<1>, keepdim)
///   dtype  that of x; int64 for integers and bool
///   grad   dy, stretched over the axes
///   cost   one pass over the operand, which may be an expression; registers of partial sums, then double
///   like   torch.sum
struct sum_fn {
  template <Operand X>
  [[nodiscard]] constexpr auto operator()(const X& x) const {
    return detail::sum_expression<all_axes<shape_t<X>::rank>, false>(detail::expression_of(x));
  }
  template <Operand X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...>) const {
    return over<false, X, axis_list<A...>>(x);
  }
  template <Operand X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...>, keepdim_t) const {
    return over<true, X, axis_list<A...>>(x);
  }
  template <class... Rest>
  [[nodiscard]] constexpr poison operator()(poison, Rest...) const { return {}; }

 private:
  template <bool Keep, class X, class Axes>
  [[nodiscard]] static constexpr auto over(const X& x) {
    constexpr bool fits = are_axes(Axes::values, shape_t<X>::rank);
    expect<fits, axes_do_not_fit<op::name<"sum">, Axes, shape_t<X>>>();
    if constexpr (fits) return detail::sum_expression<Axes, Keep>(detail::expression_of(x));
    else return poison{};
  }
};
inline constexpr sum_fn sum{};

/// The mean over the given axes, or over all of them; NaN where there is nothing. Integers give floats.
///   grad   dy / n, stretched over the axes
///   like   torch.mean
struct mean_fn {
  template <class X, class... Axes>
  [[nodiscard]] constexpr auto operator()(const X& x, Axes... axes) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using T = floating_t<element_t<X>>;
      const auto total = sum(x, axes...);
      if constexpr (is_poison<std::remove_cvref_t<decltype(total)>>) {
        return poison{};
      } else {
        const extent n = extent{detail::expression_of(x).shape().size()} / std::max<extent>(1, total.size());
        return detail::kept(total / static_cast<T>(total.size() == 0 ? 1 : n));
      }
    }
  }
};
inline constexpr mean_fn mean{};

}  // namespace tessera
