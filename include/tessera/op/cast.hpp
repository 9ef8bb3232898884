// SPDX-License-Identifier: BSL-1.0
#pragma once
// cast: the elements in another type.

#include <tessera/op/structured.hpp>

namespace tessera {

namespace detail {
template <Element To, Expression E>
[[nodiscard]] constexpr auto cast_to(const E& e) {
  if constexpr (E::tracked) return record_conversion<To>(e);
  else if constexpr (InlineOperand<E>) return array_of<To>(e);
  else return erase_as<To>(e).template as<typename E::shape_type>();
}
}  // namespace detail

/// The elements of x as To: cast<double>(x). Floats lose their fraction when they become integers; bool is "not 0".
///   grad   dy in the type of x
///   like   torch.Tensor.to(dtype)
template <Element To, class X>
[[nodiscard]] constexpr auto cast(const X& x) {
  if constexpr (is_poison<X>) return poison{};
  else if constexpr (std::same_as<To, element_t<X>>) return as_expression(x);
  else return detail::cast_to<To>(detail::expression_of(x));
}

}  // namespace tessera
