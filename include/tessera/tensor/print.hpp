// SPDX-License-Identifier: BSL-1.0
#pragma once
// Printing: std::cout << x and to_string(x) give PyTorch's text of a tensor, a variable or an expression.

#include <tessera/core/error.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/tensor/any_tensor.hpp>
#include <tessera/tensor/print_text.hpp>

#include <ostream>
#include <string>

namespace tessera {

namespace detail {

[[nodiscard]] inline print_options& local_print_options() {
  thread_local print_options options;
  return options;
}

}  // namespace detail

/// The calling thread's options.
///   like   torch._tensor_str.PRINT_OPTS
[[nodiscard]] inline print_options get_printoptions() { return detail::local_print_options(); }

/// Sets how the calling thread prints: set_printoptions({.precision = 2}). What is not named becomes PyTorch's default.
///   error  value_error for a negative precision, threshold, edgeitems or linewidth
///   like   torch.set_printoptions, which keeps what is not named
TESSERA_COLD_ONCE void set_printoptions(const print_options& options) {
  const auto check = [](const char* name, extent value) {
    if (value < 0) raise<value_error>({"tessera::set_printoptions: ", name, " is ", value, " and must not be negative"});
  };
  check("precision", options.precision);
  check("threshold", options.threshold);
  check("edgeitems", options.edgeitems);
  check("linewidth", options.linewidth);
  detail::local_print_options() = options;
}

/// PyTorch's text: "tensor([[1., 2.],\n        [3., 4.]])". A leaf of a graph ends in requires_grad=True; what was computed
/// from one prints as its value, where PyTorch adds the name of a node.
///   cost   reads a tensor or a view in place; computes an expression first
///   like   str(tensor)
template <class X>
  requires(Operand<X> || is_poison<X>)
[[nodiscard]] std::string to_string(const X& x) {
  if constexpr (is_poison<X>) {
    return {};
  } else {
    const auto values = erase(detail::expression_of(x)).reachable();
    bool requires_grad = false;
    if constexpr (requires { x.requires_grad() && x.is_leaf(); }) requires_grad = x.requires_grad() && x.is_leaf();
    const detail::printed_view view{values.data(), dtype_of<element_t<X>>, values.shape, values.strides};
    return detail::tensor_text(view, get_printoptions()).text(requires_grad);
  }
}

/// Writes to_string(x).
template <class X>
  requires(Operand<X> || is_poison<X>)
std::ostream& operator<<(std::ostream& out, const X& x) {
  return out << to_string(x);
}

/// A shape's extents: "[64, 784]".
template <Shape S>
[[nodiscard]] std::string to_string(const S& shape) {
  return to_string(shape.values());
}
template <Shape S>
std::ostream& operator<<(std::ostream& out, const S& shape) {
  return out << to_string(shape.values());
}

}  // namespace tessera
