// SPDX-License-Identifier: BSL-1.0
#pragma once
// grad and value_and_grad of functions, and grad of recorded variables.

#include <tessera/autograd/gradients.hpp>
#include <tessera/autograd/trace/differentiate.hpp>

namespace tessera {
namespace autograd {

/// Has X a gradient on the dynamic graph?
template <class X>
inline constexpr bool has_gradient = std::is_floating_point_v<trace::value_element<X>>;

/// What a function is given for an argument: a variable where it has a gradient.
template <class X>
[[nodiscard]] auto graph_argument(const X& x) {
  if constexpr (!has_gradient<X>) {
    return x;
  } else if constexpr (Scalar<X>) {
    return variable<X, shape<>>(x);
  } else if constexpr (is_tracked<X>) {  // a new node: what else depends on x stays out of the gradient
    using T = element_t<X>;
    const any_variable<T> own = traced<T>(tessera::detail::expression_of(x));
    any_variable<T> y = apply(op::change_shape{own.shape()}, own);
    if (!y.source) return variable<T, shape_t<X>>(y.value.template as<shape_t<X>>());
    return access_to_variable::make<T>(y.value.packed_block(), shape_t<X>::from(y.shape()), std::move(y.source));
  } else {
    return variable<element_t<X>, shape_t<X>>(tensor<element_t<X>, shape_t<X>>(x));
  }
}

/// A gradient as the kind of thing that its argument X was.
template <class X, class V>
[[nodiscard]] auto as_argument(const V& gradient) {
  if constexpr (std::same_as<V, no_gradient>) return gradient;
  else if constexpr (Scalar<X>) return gradient.item();
  else if constexpr (InlineOperand<X>) return array<element_t<X>, shape_t<X>>(gradient.value());
  else if constexpr (is_tracked<X>) return gradient;
  else return gradient.value();
}

/// The result of a function as a variable.
template <class R>
[[nodiscard]] auto as_variable(const R& result) {
  if constexpr (Scalar<R>) return variable<floating_t<R>, shape<>>(static_cast<floating_t<R>>(result));
  else return variable<element_t<R>, shape_t<R>>(result);
}

/// The value and the gradients of f on the dynamic graph; variables where an argument is one already.
template <class F, class... X>
[[nodiscard]] auto differentiate(const F& f, const X&... x) {
  const set_grad_enabled mode(true);
  constexpr bool nested = (false || ... || is_tracked<X>);
  const auto call = [&](const auto&... given) {
    const auto y = as_variable(f(given...));
    using S = shape_t<decltype(y)>;
    expect<S::static_size == 1 || S::static_size == dyn, gradient_needs_a_function_with_a_single_result<S>>();
    const auto parts = gradients({false, nested, true}, y, given...);
    return std::apply(
        [&](const auto&... part) {
          auto all = one_or_tuple(as_argument<X>(part)...);
          if constexpr (nested) return value_and_gradients{y, std::move(all)};
          else return value_and_gradients{y.item(), std::move(all)};
        },
        parts);
  };
  return call(graph_argument(x)...);
}

}  // namespace autograd

namespace detail {

template <bool WithValue, class F>
struct gradient_function {
  F f;

  template <class... X>
  [[nodiscard]] constexpr auto operator()(const X&... x) const {
    constexpr bool differentiable = (false || ... || autograd::has_gradient<X>);
    expect<differentiable, gradient_needs_a_floating_point_argument<X...>>();
    if constexpr (!differentiable) return poison{};
    else if constexpr (WithValue) return both(x...);
    else return both(x...).gradients;
  }

 private:
  template <class... X>
  [[nodiscard]] constexpr auto both(const X&... x) const {
    if constexpr ((true && ... && trace::StaticArgument<X>)) return trace::differentiate(f, trace::settled(x)...);
    else return autograd::differentiate(f, x...);
  }
};

}  // namespace detail

/// Options of grad(y, x...).
template <class X>
concept GradientOption = std::same_as<X, retain_graph_t> || std::same_as<X, create_graph_t>;

/// Gradients. Of a function, as a function: grad(f)(x...) is the gradient of f at x for each x, or the only one.
/// Of a recorded value: grad(y, a, b), with retain_graph or create_graph behind; .grad() of no leaf changes.
///   shape  that of the argument; arguments that are no floating-point numbers have no_gradient
///   error  compile time: gradient_needs_a_function_with_a_single_result, gradient_needs_a_floating_point_argument;
///          run time: autograd_error where y does not depend on a variable
///   cost   for numbers and arrays no memory, and none of this at run time where the compiler knows the arguments; f is called
///          once, with values that stand for them. Tensors and variables take the dynamic graph
///   like   torch.func.grad, torch.autograd.grad
struct grad_fn {
  template <class F>
    requires(!Operand<F>)
  [[nodiscard]] constexpr auto operator()(F f) const {
    return detail::gradient_function<false, F>{std::move(f)};
  }
  template <Operand Y, class... X>
    requires(is_tracked<Y> && !Eager<Y> && sizeof...(X) > 0)
  [[nodiscard]] auto operator()(const Y& y, const X&... x) const {
    using create = std::bool_constant<(false || ... || std::same_as<X, create_graph_t>)>;
    const autograd::gradient_options options{(false || ... || std::same_as<X, retain_graph_t>), create::value, false};
    const auto parts = std::apply([&](const auto&... v) { return autograd::gradients(options, variable(y), v...); }, std::tuple_cat(without_option(x)...));
    return std::apply([](const auto&... part) { return autograd::one_or_tuple(leave<create::value>(part)...); }, parts);
  }

 private:
  template <class X>
  static auto without_option(const X& x) {
    if constexpr (GradientOption<X>) return std::tuple{};
    else return std::tuple<const X&>(x);
  }
  template <bool Create, class V>
  static auto leave(const V& gradient) {
    if constexpr (Create) return gradient;
    else return gradient.value();
  }
};
inline constexpr grad_fn grad{};

/// The value of f beside its gradients: auto [value, gradients] = value_and_grad(f)(w, b).
///   like   jax.value_and_grad, torch.func.grad_and_value
struct value_and_grad_fn {
  template <class F>
  [[nodiscard]] constexpr auto operator()(F f) const {
    return detail::gradient_function<true, F>{std::move(f)};
  }
};
inline constexpr value_and_grad_fn value_and_grad{};

}  // namespace tessera
