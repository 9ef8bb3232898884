// SPDX-License-Identifier: BSL-1.0
#pragma once
// Structured operations: those that are no elementwise map. They run when they are called and compute on tensors of run-time
// shape, so that each exists once for each element type. Such an operation is a struct with
//   name                      for messages
//   value(x...)               the result; it may note in its own members what the gradient reads besides
//   vjp(g, x..., y)           a function for each operand, which gives its cotangent if it is called; it may refer to the arguments
//   keeps, keeps_result       which operands and whether the result the functions read; the others have a shape and no elements
//   on_arrays<S>(x...)        perhaps the result on arrays, as an array of shape S, without memory and at compile time
// The text of vjp is generic in V: it runs on a value that can itself be recorded.

#include <tessera/core/expect.hpp>
#include <tessera/numeric/promotion.hpp>
#include <tessera/op/fuse.hpp>
#include <tessera/op/inline.hpp>
#include <tessera/tensor/any_tensor.hpp>

#include <utility>

namespace tessera {

namespace detail {
/// Where the operands of an operation are.
///   error  device_error where they are in different places
template <Element T>
[[nodiscard]] device common_device(const char* name, const any_tensor<T>* const* x, int count) {
  if constexpr (!has_gpu) return device::cpu();
  for (int k = 1; k < count; ++k)  // an operand that is absent is nowhere
    if (x[k]->hold && x[k]->hold.device() != x[0]->hold.device())
      raise<device_error>({"tessera::", name, ": operand 1, ", x[0]->shape, ", is on ", x[0]->hold.device(), " and operand ", k + 1, ", ", x[k]->shape, ", is on ",
                           x[k]->hold.device(), "; move one with to(x, device)"});
  return x[0]->hold.device();
}
/// Runs a structured operation on N tensors. (Never inlined: its callers are many and small.)
template <class Op, Element T, int N>
[[nodiscard, gnu::noinline]] any_tensor<T> run_operation(void* op, const any_tensor<T>* const* x) {
  const with_device on(common_device(Op::name, x, N));
  return [&]<int... K>(std::integer_sequence<int, K...>) { return static_cast<Op*>(op)->value(*x[K]...); }(std::make_integer_sequence<int, N>{});
}
template <class Op, Element T, class... X>
[[nodiscard]] any_tensor<T> run_structured(Op& op, const any_tensor<T>& x, const X&... rest) {
  const any_tensor<T>* const all[] = {&x, &rest...};
  return run_operation<Op, T, 1 + sizeof...(X)>(&op, all);
}
}  // namespace detail

/// Runs a structured operation.
template <class Op, Element T, class... X>
[[nodiscard]] any_tensor<T> apply(Op op, const any_tensor<T>& x, const X&... rest) {
  return detail::run_structured(op, x, rest...);
}

namespace detail {

/// The elements of an expression as T: shared where nothing has to be computed.
template <Element T, Expression E>
[[nodiscard]] any_tensor<T> erase_as(const E& e) {
  if constexpr (std::same_as<T, typename E::element>) {
    return erase(e);
  } else {
    const with_device_of on(e);
    any_tensor<T> t = any_tensor<T>::uninitialized(e.shape().values());
    if constexpr (is_map<E>) {
      const tensor<typename E::element, typename E::shape_type> own(e);
      backend::evaluate_as<T>(own.lazy(), t.mutable_data());
    } else {
      backend::evaluate_as<T>(e, t.mutable_data());
    }
    return t;
  }
}

}  // namespace detail

namespace detail {
template <class Op, class S, class T, class... X>
inline constexpr bool runs_on_arrays = false;
template <class Op, class S, class T, InlineOperand... X>
inline constexpr bool runs_on_arrays<Op, S, T, X...> = requires(const Op& op, const array<T, shape_t<X>>&... x) { op.template on_arrays<S>(x...); };
}  // namespace detail

/// Runs a structured operation on operands of static shape, whose law has been checked, and gives a tensor or, where a
/// graph tracks an operand, a variable of shape S.
template <Shape S, Element T, class Op, class... X>
[[nodiscard]] constexpr auto structured(Op op, const X&... x) {
  if constexpr ((false || ... || is_tracked<X>))
    return record_structured<S, T>(std::move(op), detail::expression_of(x)...);
  else if constexpr (detail::runs_on_arrays<Op, S, T, X...>)
    return op.template on_arrays<S>(detail::array_of<T>(x)...);
  else
    return detail::run_structured(op, detail::erase_as<T>(detail::expression_of(x))...).template as<S>();
}

}  // namespace tessera

#include <tessera/op/instantiated.hpp>
