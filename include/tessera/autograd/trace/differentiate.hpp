// SPDX-License-Identifier: BSL-1.0
#pragma once
// The gradient of a function of numbers and arrays: it is run on traced values, and the tape backwards.

#include <tessera/autograd/trace/structured.hpp>

#include <tuple>

namespace tessera {

// A diagnosis: the compiler names it where a function whose gradient is wanted gives more than one number.
template <class Shape>
struct gradient_needs_a_function_with_a_single_result {};
// A diagnosis: the compiler names it where no argument of a function has a gradient.
template <class... Arguments>
struct gradient_needs_a_floating_point_argument {};

/// What value_and_grad gives: auto [value, gradients] = value_and_grad(f)(x...).
template <class Value, class Gradients>
struct value_and_gradients {
  Value value;
  Gradients gradients;
};
template <class Value, class Gradients>
value_and_gradients(Value, Gradients) -> value_and_gradients<Value, Gradients>;

namespace autograd {
/// The first thing where there is one, otherwise a tuple of all.
template <class First, class... Rest>
[[nodiscard]] constexpr auto one_or_tuple(const First& first, const Rest&... rest) {
  if constexpr (sizeof...(Rest) == 0) return first;
  else return std::tuple<First, Rest...>(first, rest...);
}

}  // namespace autograd

namespace trace {

/// Does X need no graph? Numbers, arrays and traced values have gradients without one, and what is no operand has none.
template <class X>
concept StaticArgument = !Operand<X> || StaticOperand<X>;

/// Does an argument have a gradient?
template <class X>
inline constexpr bool is_differentiable = std::is_floating_point_v<value_element<X>>;

namespace detail {

template <int Depth>
struct any_owner {
  tape* owner = nullptr;
  template <class X>
  constexpr void look(const X& x) {
    if constexpr (depth_of<X> == Depth)
      if (x.node() != nullptr) owner = x.node()->owner;
  }
};

/// x of depth Depth - 1 as a constant of the trace that the others belong to.
template <int Depth, class X, class... All>
[[nodiscard]] constexpr traced<X> as_constant(const X& x, const All&... all) {
  any_owner<Depth> found;
  (found.look(all), ...);
  if (found.owner != nullptr) return traced<X>(found.owner->constant(x));
  return traced<X>(uniform_number(x));
}

/// An argument at the depth of the deepest.
template <int Depth, class X, class... All>
[[nodiscard]] constexpr decltype(auto) at_depth(const X& x, const All&... all) {
  if constexpr (depth_of<X> == Depth || !is_differentiable<X>) return (x);
  else return as_constant<Depth>(at_depth<Depth - 1>(x, lowered<Depth>(all)...), all...);
}

/// What f is given for an argument.
template <class X>
[[nodiscard]] constexpr decltype(auto) argument_of([[maybe_unused]] tape& t, const X& x) {
  if constexpr (is_differentiable<X>) return traced<X>(t.argument(x));
  else return (x);
}
template <class X>
[[nodiscard]] constexpr decltype(auto) gradient_of(const X& given) {
  if constexpr (!Eager<X>) return no_gradient{};
  else if constexpr (Eager<typename X::value_type>) return given.node()->reached ? given.node()->adjoint : X::value_type::constant(0);
  else return given.node()->open(), std::as_const(given.node()->adjoint);
}

/// A result as a number where nothing traces it.
template <class V>
[[nodiscard]] constexpr auto plain_number(const V& x) {
  if constexpr (is_array<V>) return x.item();
  else return x;
}

template <class V>
[[nodiscard]] constexpr V seed_of(const V& y) {
  using T = value_element<V>;
  if constexpr (Eager<V>) return y.node() == nullptr ? V(T(1)) : V(y.node()->owner->constant(seed_of(y.value())));
  else if constexpr (Scalar<V>) return T(1);
  else return V(typename V::shape_type{}, T(1));
}

template <class V>
constexpr void sweep_from(const traced<V>& y, tape& t) {
  if (y.node() == nullptr) return;
  if (y.node()->owner != &t) raise<autograd_error>({"tessera::grad: the function gave a value of another gradient"});
  if (y.node()->tracked) y.node()->add(seed_of(y.node()->value));
  t.sweep();
}

}  // namespace detail

/// The value and the gradients of f at numbers and arrays, or at traced ones. The stack has room for a few values and
/// adjoints as large as the arguments; a function that needs more takes it from the pool.
template <class F, class... X>
[[nodiscard]] constexpr auto differentiate(const F& f, const X&... x) {
  constexpr int depth = std::max({depth_of<X>...});
  constexpr std::size_t wanted = (std::size_t{16384} + ... + (8 * sizeof(X))), bytes = std::min(wanted, std::size_t{1} << 20);
  room<bytes> memory;
  tape t(memory.bytes, bytes);
  const auto call = [&](const auto&... given) {
    const auto result = f(given...);
    const auto& y = settled(result);
    using Y = std::remove_cvref_t<decltype(y)>;
    constexpr bool single = value_shape<Y>::static_size == 1;
    expect<single, gradient_needs_a_function_with_a_single_result<value_shape<Y>>>();
    if constexpr (!single) {
      return value_and_gradients{poison{}, poison{}};
    } else {
      if constexpr (depth_of<Y> == depth + 1) detail::sweep_from(y, t);
      using Value = decltype(detail::plain_number(lowered<depth + 1>(y)));
      using Gradients = decltype(autograd::one_or_tuple(detail::gradient_of(given)...));
      return value_and_gradients<Value, Gradients>{detail::plain_number(lowered<depth + 1>(y)), autograd::one_or_tuple(detail::gradient_of(given)...)};
    }
  };
  return call(detail::argument_of(t, detail::at_depth<depth>(x, x...))...);
}

}  // namespace trace
}  // namespace tessera
