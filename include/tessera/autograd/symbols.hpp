// SPDX-License-Identifier: BSL-1.0
#pragma once
// The vocabulary of lanes on whole tensors: with it the rule of an elementwise operation records itself.

#include <tessera/autograd/any_variable.hpp>
#include <tessera/op/elementwise/activation.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/elementwise/comparison.hpp>
#include <tessera/op/elementwise/exponential.hpp>
#include <tessera/op/pointwise.hpp>

namespace tessera::autograd {

namespace detail {

template <lane::function F>
struct op_of;
template <> struct op_of<lane::function::exp> { using type = op::exp; };
template <> struct op_of<lane::function::log> { using type = op::log; };
template <> struct op_of<lane::function::log1p> { using type = op::log1p; };
template <> struct op_of<lane::function::sqrt> { using type = op::sqrt; };
template <> struct op_of<lane::function::sin> { using type = op::sin; };
template <> struct op_of<lane::function::cos> { using type = op::cos; };
template <> struct op_of<lane::function::tanh> { using type = op::tanh; };
template <> struct op_of<lane::function::erf> { using type = op::erf; };
template <> struct op_of<lane::function::pow> { using type = op::pow; };
template <> struct op_of<lane::function::abs> { using type = op::abs; };
template <> struct op_of<lane::function::maximum> { using type = op::maximum; };
template <> struct op_of<lane::function::minimum> { using type = op::minimum; };
template <> struct op_of<lane::function::select> { using type = op::where; };

}  // namespace detail

template <Element T>
template <lane::function F, class... X>
any_variable<T> any_variable<T>::call(const X&... x) {
  return apply(op::pointwise<typename detail::op_of<F>::type>{}, x...);
}

template <Element T>
[[nodiscard]] any_variable<T> operator+(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::add>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator-(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::subtract>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator*(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::multiply>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator/(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::divide>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator-(const any_variable<T>& x) { return apply(op::pointwise<op::negate>{}, x); }

// A condition is 1 where it holds and 0 elsewhere.
template <Element T>
[[nodiscard]] any_variable<T> operator==(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::equal>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator!=(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::not_equal>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator<(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::less>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator>(const any_variable<T>& a, const any_variable<T>& b) { return b < a; }
template <Element T>
[[nodiscard]] any_variable<T> operator<=(const any_variable<T>& a, const any_variable<T>& b) { return apply(op::pointwise<op::less_equal>{}, a, b); }
template <Element T>
[[nodiscard]] any_variable<T> operator>=(const any_variable<T>& a, const any_variable<T>& b) { return b <= a; }
template <Element T>
[[nodiscard]] any_variable<T> operator&(const any_variable<T>& a, const any_variable<T>& b) { return a * b; }

template <Element T>
void add_adjoint(const edge& to, const any_variable<T>& part) {
  node& n = *to;
  const bool recorded = is_grad_enabled() && (part.source || n.adjoint_source);
  if (n.adjoint && !recorded) {
    T* place = reinterpret_cast<T*>(open_adjoint(n, false).data);
    op::add_strided{n.shape, row_major(n.shape), 0}.add_to(part.value, place);
    return;
  }
  // The first contribution becomes the adjoint; a recorded sum is never formed in place.
  any_variable<T> total = n.adjoint ? any_variable<T>({n.adjoint, n.shape, row_major(n.shape)}, n.adjoint_source) + part : part;
  n.adjoint = total.value.packed().hold;
  n.adjoint_source = recorded ? std::move(total.source) : edge{};
}

}  // namespace tessera::autograd
