// SPDX-License-Identifier: BSL-1.0
#pragma once
// The rule of an elementwise operation as data: one table for each operation and element type, and one node that serves
// them all. Recorded gradients are graphs of such nodes, whatever statement they came from.

#include <tessera/autograd/any_variable.hpp>
#include <tessera/op/elementwise/activation.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/elementwise/comparison.hpp>
#include <tessera/op/elementwise/exponential.hpp>
#include <tessera/op/movement/restride.hpp>

namespace tessera::autograd {

/// The most operands an elementwise operation has.
inline constexpr int max_arity = 3;

/// The cotangents of an operation, as far as it has them.
template <Element T>
struct rule_parts {
  any_variable<T> part[max_arity];
  bool present[max_arity] = {};
};

/// The kernel of an operation on operands with any strides.
struct rule_kernel {
  const char* name;
  int arity;
  backend::kernel (*pick)();
};

template <Element T>
struct rule : rule_kernel {
  bool differentiable, keeps_operands, keeps_result;
  void (*derivative)(const any_variable<T>& g, const any_variable<T>* x, const any_variable<T>& y, rule_parts<T>& to);
};

/// Runs an elementwise operation on as many operands as it has, of any shapes that broadcast.
template <Element T>
[[nodiscard]] TESSERA_COLD any_tensor<T> run_rule(const rule_kernel& r, const any_tensor<T>* const* x);
/// The same, recorded where an operand asks.
template <Element T>
[[nodiscard]] TESSERA_COLD any_variable<T> apply_rule(const rule<T>& r, const any_variable<T>* x);

namespace detail {

/// The kernel of Op with so many operands.
template <class Op, Element T, class Indices>
struct kernel_of;
template <class Op, Element T, int... K>
struct kernel_of<Op, T, std::integer_sequence<int, K...>> {
  template <int>
  using strided = source<T, access::strided, false>;
  using P = program<T, type_list<strided<K>...>, type_list<step<Op, K...>>>;

  static backend::kernel pick() { return backend::pick<backend::map_rows<P, T>, T>(); }
  static constexpr rule_kernel value{Op::name, sizeof...(K), &pick};
};

template <class Op, Element T, class Indices>
struct rule_of;
template <class Op, Element T, int... K>
struct rule_of<Op, T, std::integer_sequence<int, K...>> {
  TESSERA_COLD static void derivative(const any_variable<T>& g, const any_variable<T>* x, const any_variable<T>& y, rule_parts<T>& to) {
    if constexpr (Op::differentiable) {
      const auto parts = Op::derivative(g, x[K]..., y);
      (keep<K>(parts, to), ...);
    }
  }
  static constexpr rule<T> value{kernel_of<Op, T, std::integer_sequence<int, K...>>::value, Op::differentiable, Op::reads == needs::operands, Op::reads == needs::result, &derivative};

 private:
  template <int I, class Parts>
  static void keep(const Parts& parts, rule_parts<T>& to) {
    const auto put = [&](const auto& part) {
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>, no_gradient>) {
        to.part[I] = part;
        to.present[I] = true;
      }
    };
    if constexpr (std::same_as<Parts, any_variable<T>>) put(parts);
    else if constexpr (!std::same_as<Parts, no_gradient>) put(parts.template get<I>());
  }
};

}  // namespace detail

/// The rule of Op with the given number of operands.
template <class Op, Element T, int Arity>
inline constexpr const rule<T>& rule_of = detail::rule_of<Op, T, std::make_integer_sequence<int, Arity>>::value;

/// The one table of all elementwise operations in recorded gradients: the operation that a node holds is a pointer to its rule.
template <Element T>
struct any_rule {
  using op = const rule<T>*;
  TESSERA_COLD static void add_recorded(operation_node<T>& n, const any_variable<T>& g, const any_variable<T>& y) {
    rule_parts<T> parts;
    const any_variable<T>* x = n.operands();
    (*static_cast<op*>(n.op()))->derivative(g, x, y, parts);
    for (int k = 0; k < n.count; ++k)
      if (const edge& to = x[k].source; parts.present[k] && wants_adjoint(to)) add_adjoint(to, sum_to(parts.part[k], x[k].shape()));
  }
  // The same: where nothing is recorded, operations on variables only look whether they are to be.
  TESSERA_COLD static void add_cotangents(operation_node<T>& n, const any_value<T>& g, const any_value<T>& y) { add_recorded(n, any_variable<T>(g.value), any_variable<T>(y.value)); }
  static void move(void* from, void* to) { ::new (to) op(*static_cast<op*>(from)); }
  static constexpr recorded_cotangents<T> recorded = &add_recorded;
  static constexpr operation_table<T> value{operation_node<T>::functions("elementwise operation"), false, false, sizeof(op), nullptr, &add_cotangents, &recorded, &move, nullptr, nullptr};
};

template <Element T>
any_tensor<T> run_rule(const rule_kernel& r, const any_tensor<T>* const* x) {
  extents space;
  for (int k = 0; k < r.arity; ++k) space = *tessera::rule::broadcast(space, x[k]->shape);
  const with_device on(tessera::detail::common_device(r.name, x, r.arity));
  any_tensor<T> y = any_tensor<T>::uninitialized(space);
  backend::operand operands[max_arity + 1];
  for (int k = 0; k < r.arity; ++k) {
    operands[k] = {x[k]->data(), sizeof(T), {}, false};
    backend::stretch(x[k]->shape, x[k]->strides, space, operands[k].stride);
  }
  operands[r.arity] = {y.mutable_data(), sizeof(T), {}, false};
  backend::stretch(space, y.strides, space, operands[r.arity].stride);
  if (y.size() != 0) backend::run(r.pick(), backend::make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, r.arity + 1), nullptr, true);
  return y;
}

template <Element T>
any_variable<T> apply_rule(const rule<T>& r, const any_variable<T>* x) {
  const any_tensor<T>* values[max_arity];
  const any_variable<T>* all[max_arity];
  for (int k = 0; k < r.arity; ++k) values[k] = &x[k].value, all[k] = x + k;
  any_tensor<T> y = run_rule(r, values);
  edge source;
  if (r.differentiable && detail::is_any_live(all, r.arity)) {
    const rule<T>* op = &r;
    source = record_operation(any_rule<T>::value, &op, all, r.arity, y, r.keeps_operands, r.keeps_result);
  }
  return {std::move(y), std::move(source)};
}

namespace detail {

template <class Op, Element T, class... X>
[[nodiscard]] TESSERA_COLD any_value<T> elementwise(const any_value<T>& x, const X&... rest) {
  const any_tensor<T>* const all[] = {&x.value, &rest.value...};
  return run_rule(kernel_of<Op, T, std::make_integer_sequence<int, 1 + sizeof...(X)>>::value, all);
}
template <class Op, Element T, class... X>
[[nodiscard]] TESSERA_COLD any_variable<T> elementwise(const any_variable<T>& x, const X&... rest) {
  const any_variable<T> all[] = {x, rest...};
  return apply_rule(autograd::rule_of<Op, T, 1 + sizeof...(X)>, all);
}

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

TESSERA_CALLS_ANYTHING
template <class V, Element T>
template <lane::function F, class... X>
TESSERA_FN V whole_tensor<V, T>::call(const X&... x) {
  return detail::elementwise<typename detail::op_of<F>::type>(x...);
}

TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator+(const V& a, const V& b) { return detail::elementwise<op::add>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator-(const V& a, const V& b) { return detail::elementwise<op::subtract>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator*(const V& a, const V& b) { return detail::elementwise<op::multiply>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator/(const V& a, const V& b) { return detail::elementwise<op::divide>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator-(const V& x) { return detail::elementwise<op::negate>(x); }

// A condition is 1 where it holds and 0 elsewhere.
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator==(const V& a, const V& b) { return detail::elementwise<op::equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator!=(const V& a, const V& b) { return detail::elementwise<op::not_equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator<(const V& a, const V& b) { return detail::elementwise<op::less>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator>(const V& a, const V& b) { return b < a; }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator<=(const V& a, const V& b) { return detail::elementwise<op::less_equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator>=(const V& a, const V& b) { return b <= a; }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator&(const V& a, const V& b) { return a * b; }
TESSERA_CALLS_ANYTHING
template <Whole V>
[[nodiscard]] TESSERA_FN V operator|(const V& a, const V& b) { return lane::maximum(a, b); }

namespace detail {
/// A recorded sum of adjoints.
template <Element T>
struct recorded_sum {
  TESSERA_COLD static void add(const edge& to, const any_tensor<T>& part) { add_adjoint(to, any_variable<T>(part)); }
  static constexpr auto run = &add;
};
}  // namespace detail

template <Element T>
void add_adjoint(const edge& to, const any_value<T>& part) {
  node& n = *to;
  const with_device on(part.value.hold.device());
  detail::compile_recorded<detail::recorded_sum<T>>();
  if (n.adjoint_source && is_grad_enabled()) return detail::recorded_slot<detail::recorded_sum<T>, void (*)(const edge&, const any_tensor<T>&)>(to, part.value);
  if (n.adjoint) {
    T* place = reinterpret_cast<T*>(open_adjoint(n, false).data);
    return op::add_strided{n.shape, row_major(n.shape), 0}.add_to(part.value, place);
  }
  note_gradient(n, false);
  n.adjoint = part.value.packed_block();
  n.adjoint_source = {};
}
template <Element T>
void add_adjoint(const edge& to, const any_variable<T>& part) {
  node& n = *to;
  if (!is_grad_enabled() || (!part.source && !n.adjoint_source)) return add_adjoint(to, static_cast<const any_value<T>&>(part));
  const with_device on(part.value.hold.device());
  // The first contribution becomes the adjoint; a recorded sum is never formed in place.
  any_variable<T> total = n.adjoint ? any_variable<T>({n.adjoint, n.shape, row_major(n.shape)}, n.adjoint_source) + part : part;
  note_gradient(n, false);
  n.adjoint = total.value.packed_block();
  n.adjoint_source = std::move(total.source);
}

}  // namespace tessera::autograd
