// SPDX-License-Identifier: BSL-1.0
#pragma once
// Builds the node of an elementwise operation: finds the lane type and the shape, checks the law, keeps the tree under the cap.

#include <tessera/core/expect.hpp>
#include <tessera/expr/lower.hpp>
#include <tessera/numeric/promotion.hpp>
#include <tessera/shape/rules.hpp>
#include <tessera/tensor/array.hpp>
#include <tessera/tensor/tensor.hpp>

#include <type_traits>

namespace tessera {

// A diagnosis: the compiler names it where operands of an elementwise operation do not broadcast.
template <class Operation, class A, class B>
struct shapes_do_not_broadcast {};

namespace op {

/// Base of an operation on every dtype whose result has the dtype of its promoted operands.
struct numeric {
  template <class T>
  using element = T;
  static constexpr bool to_float = false;       // are integers turned to floats first?
  static constexpr bool differentiable = true;
  static constexpr bool has_condition = false;  // is the first operand a condition, which does not take part in promotion?
};

/// Base of an operation on floating-point numbers; integers are converted.
struct real : numeric {
  static constexpr bool to_float = true;
};

/// Base of a comparison: the result is bool.
struct predicate : numeric {
  template <class T>
  using element = bool;
  static constexpr bool differentiable = false;
  static constexpr needs reads = needs::nothing;
  template <class X, class... Rest>
  static constexpr no_gradient derivative(const X&, const Rest&...) {
    return {};
  }
};

}  // namespace op

namespace detail {

template <class T, class X>
struct join_dtype {
  using type = T;
};
template <class T, class X>
  requires(Operand<X> && std::is_void_v<T>)
struct join_dtype<T, X> {
  using type = element_t<X>;
};
template <class T, class X>
  requires(Operand<X> && !std::is_void_v<T>)
struct join_dtype<T, X> {
  using type = promote_t<T, element_t<X>>;
};
template <class T, class X>
struct join_scalar {
  using type = T;
};
template <class T, Scalar X>
struct join_scalar<T, X> {
  using type = weak_promote_t<T, std::remove_cvref_t<X>>;
};

template <template <class, class> class Join, class T, class... X>
struct join_all {
  using type = T;
};
template <template <class, class> class Join, class T, class X, class... Rest>
struct join_all<Join, T, X, Rest...> : join_all<Join, typename Join<T, X>::type, Rest...> {};

template <class Op, class... X>
struct lane_for {
  using tensors = typename join_all<join_dtype, void, X...>::type;
  using all = typename join_all<join_scalar, tensors, X...>::type;
  using type = std::conditional_t<Op::to_float, floating_t<all>, all>;
};
template <class Op, class Condition, class... X>
  requires(Op::has_condition)
struct lane_for<Op, Condition, X...> {
  using tensors = typename join_all<join_dtype, void, X...>::type;
  using type = typename join_all<join_scalar, std::conditional_t<std::is_void_v<tensors>, float, tensors>, X...>::type;
};

template <class X>
using plain = std::remove_cvref_t<X>;

template <class X>
struct shape_or_scalar {
  using type = shape<>;
};
template <Operand X>
struct shape_or_scalar<X> {
  using type = shape_t<X>;
};
/// The shape of an operand; a number has no axes.
template <class X>
using shape_of_argument = typename shape_or_scalar<X>::type;

/// The broadcast of two patterns and whether it exists; on failure the first, so that checking can go on.
struct broadcast_result {
  extents pattern;
  bool fits = true;
};
[[nodiscard]] constexpr broadcast_result join_shapes(broadcast_result a, const extents& b) {
  const auto both = rule::broadcast(a.pattern, b);
  return both ? broadcast_result{*both, a.fits} : broadcast_result{a.pattern, false};
}

template <class... S>
struct broadcast_of {
  static constexpr broadcast_result result = [] {
    broadcast_result r;
    ((r = join_shapes(r, S::pattern)), ...);
    return r;
  }();
  static constexpr extents pattern = result.pattern;
  static constexpr bool fits = result.fits;
};

template <class X, class Y, class... Rest>
struct first_two {
  using first = X;
  using second = Y;
};

/// The value of an expression as a leaf; one that a graph tracks becomes a statement of it.
template <Expression E>
[[nodiscard]] constexpr auto evaluated(const E& e) {
  if constexpr (!is_map<E>) return e;
  else if constexpr (InlineOperand<E>) return array<typename E::element, typename E::shape_type>(e).lazy();
  else if constexpr (E::tracked) return record_statement(e).lazy();
  else return tensor<typename E::element, typename E::shape_type>(e).lazy();
}

/// The operand as a child of a node with lanes of T and shape S, evaluated first where it computes in another type, or in
/// another space on which its elements depend.
template <class T, class S, bool Evaluate, class X>
[[nodiscard]] constexpr auto child(X&& x) {
  if constexpr (Scalar<X>) {
    return constant<T>{static_cast<T>(x)};
  } else {
    using E = expression_t<X>;
    // A leaf that no graph tracks is converted as it is loaded; an adjoint has the type of its leaf.
    constexpr bool other_lanes = !std::is_same_v<lane_type_t<E>, T>;
    if constexpr (other_lanes && E::tracked) return record_conversion<T>(expression_of(x)).lazy();
    else if constexpr (Evaluate || (is_map<E> && other_lanes) || (is_positional<E> && !std::is_same_v<typename E::shape_type, S>)) return evaluated(expression_of(x));
    else if constexpr (Expression<X>) return E(std::forward<X>(x));
    else return x.lazy();
  }
}

template <class X>
inline constexpr int steps_of = 0;
template <Operand X>
inline constexpr int steps_of<X> = expression_t<X>::step_count;

/// Does an operand have a shape of type S, or no axes?
template <class S, class X>
inline constexpr bool is_shaped_as = std::is_same_v<shape_of_argument<X>, S> || shape_of_argument<X>::rank == 0;

/// The shape of the first operand that has one of type S.
template <class S, class X, class... Rest>
[[nodiscard]] constexpr S first_shape(const X& x, const Rest&... rest) {
  if constexpr (std::is_same_v<shape_of_argument<X>, S>) return x.shape();
  else return first_shape<S>(rest...);
}
template <class S, class X>
[[nodiscard]] constexpr bool agrees(const X& x, const S& shape) {
  if constexpr (std::is_same_v<shape_of_argument<X>, S>) return x.shape() == shape;
  else return true;
}

template <class X>
[[nodiscard]] constexpr auto shape_of_operand(const X& x) {
  if constexpr (Scalar<X>) return shape<>{};
  else return x.shape();
}

/// The broadcast of shapes of type S that only run time knows. (Apart, and once for all operations: what nodes of one shape differ in is an error.)
///   error  shape_error that names the operation, two shapes and the axis
template <Shape S, Shape... X>
[[nodiscard, gnu::noinline]] constexpr S joined_shape(const char* operation, const X&... shapes) {
  extents all = extents::filled(S::rank, dyn);
  (rule::join_values(operation, all, shapes.values(), X::pattern), ...);
  for (extent& e : all) e = e == dyn ? 1 : e;
  return S::from(all);
}

/// The shape of the node: static, or found from the operands with the checks that only run time can make.
template <class S, class Op, class... X>
[[nodiscard]] constexpr S node_shape(const X&... x) {
  if constexpr (S::is_static && (true && ... && shape_of_argument<X>::is_static)) {
    return S{};
  } else {
    if constexpr ((true && ... && is_shaped_as<S, X>)) {
      const S all = first_shape<S>(x...);
      if ((agrees(x, all) && ...)) [[likely]] return all;
    }
    return joined_shape<S>(Op::name, shape_of_operand(x)...);
  }
}

}  // namespace detail

/// Do the shapes of the operands broadcast, as far as the compiler knows them?
template <class... X>
concept Broadcastable = detail::broadcast_of<detail::shape_of_argument<X>...>::fits;

/// The node of Op on operands and numbers. (One function, so that the error for shapes that do not fit is short.)
///   error  compile time: shapes_do_not_broadcast<Op, A, B>; run time: shape_error naming the axis
template <class Op, class... X>
[[nodiscard]] constexpr auto fuse(X&&... x) {
  using detail::plain;
  if constexpr ((false || ... || is_poison<plain<X>>)) {
    return poison{};
  } else if constexpr ((true && ... && Scalar<X>)) {
    using number = std::common_type_t<plain<X>...>;
    using T = std::conditional_t<Op::to_float, floating_t<number>, number>;
    return static_cast<typename Op::template element<T>>(Op::value(static_cast<T>(x)...));
  } else {
    using joined = detail::broadcast_of<detail::shape_of_argument<plain<X>>...>;
    if constexpr (!joined::fits) {
      using two = detail::first_two<detail::shape_of_argument<plain<X>>...>;
      static_cast<typename shapes_do_not_broadcast<Op, typename two::first, typename two::second>::error*>(nullptr);
      return poison{};
    } else if constexpr ((false || ... || Eager<plain<X>>)) {
      return record_elementwise<Op>(x...);
    } else {
      using T = typename detail::lane_for<Op, plain<X>...>::type;
      using S = shape_of<joined>;
      constexpr int steps = (1 + ... + detail::steps_of<plain<X>>);
      constexpr int most = [] {
        int greatest = 0;
        ((greatest = detail::steps_of<plain<X>> > greatest ? detail::steps_of<plain<X>> : greatest), ...);
        return greatest;
      }();
      // Over the cap, the operands with the most steps are evaluated; one pass is enough for any arity.
      constexpr auto evaluates = [](int own) { return steps > fusion_cap && own * 2 > most; };
      const S shape = detail::node_shape<S, Op>(x...);  // first: the children are made in place, from what x holds
      return map<Op, T, S, decltype(detail::child<T, S, evaluates(detail::steps_of<plain<X>>)>(std::declval<X>()))...>{
          shape, {{detail::child<T, S, evaluates(detail::steps_of<plain<X>>)>(std::forward<X>(x))}...}};
    }
  }
}

/// A public elementwise operation as a function object.
template <class Op>
struct elementwise {
  template <class... X>
    requires((Operand<X> || Scalar<X> || is_poison<std::remove_cvref_t<X>>) && ...)
  [[nodiscard]] constexpr auto operator()(X&&... x) const {
    return fuse<Op>(std::forward<X>(x)...);
  }
};

}  // namespace tessera
