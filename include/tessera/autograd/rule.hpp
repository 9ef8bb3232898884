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

template <Element T>
struct rule {
  const char* name;
  int arity;
  bool differentiable, keeps_operands, keeps_result;
  backend::kernel (*pick)();
  void (*derivative)(const any_variable<T>& g, const any_variable<T>* x, const any_variable<T>& y, rule_parts<T>& to);
};

/// Runs an elementwise operation on `arity` operands of any shapes that broadcast, and records it where an operand asks.
template <Element T>
[[nodiscard]] TESSERA_COLD any_variable<T> apply_rule(const rule<T>& r, const any_variable<T>* x);

namespace detail {

template <class Op, Element T, class Indices>
struct rule_of;
template <class Op, Element T, int... K>
struct rule_of<Op, T, std::integer_sequence<int, K...>> {
  template <int>
  using strided = source<T, access::strided, false>;
  using P = program<T, type_list<strided<K>...>, type_list<step<Op, K...>>>;

  static backend::kernel pick() { return backend::pick<backend::map_rows<P, T>, T>(); }
  TESSERA_COLD static void derivative(const any_variable<T>& g, const any_variable<T>* x, const any_variable<T>& y, rule_parts<T>& to) {
    if constexpr (Op::differentiable) {
      const auto parts = Op::derivative(g, x[K]..., y);
      (keep<K>(parts, to), ...);
    }
  }
  static constexpr rule<T> value{Op::name, sizeof...(K), Op::differentiable, Op::reads == needs::operands, Op::reads == needs::result, &pick, &derivative};

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
  TESSERA_COLD static void add_cotangents(operation_node<T>& n, const any_variable<T>& g, const any_variable<T>& y) {
    rule_parts<T> parts;
    const any_variable<T>* x = n.operands();
    (*static_cast<op*>(n.op()))->derivative(g, x, y, parts);
    for (int k = 0; k < n.count; ++k)
      if (const edge& to = x[k].source; parts.present[k] && wants_adjoint(to)) add_adjoint(to, sum_to(parts.part[k], x[k].shape()));
  }
  static void move(void* from, void* to) { ::new (to) op(*static_cast<op*>(from)); }
  static constexpr operation_table<T> value{operation_node<T>::functions("elementwise operation"), false, false, sizeof(op), nullptr, &add_cotangents, &move, nullptr, nullptr};
};

template <Element T>
any_variable<T> apply_rule(const rule<T>& r, const any_variable<T>* x) {
  extents space;
  bool live = false;
  for (int k = 0; k < r.arity; ++k) {
    space = *tessera::rule::broadcast(space, x[k].shape());
    live = live || is_live(x[k].source);
  }
  const any_tensor<T>* values[max_arity];
  for (int k = 0; k < r.arity; ++k) values[k] = &x[k].value;
  const with_device on(tessera::detail::common_device(r.name, values, r.arity));
  any_tensor<T> y = any_tensor<T>::uninitialized(space);
  backend::operand operands[max_arity + 1];
  const any_variable<T>* all[max_arity];
  for (int k = 0; k < r.arity; ++k) {
    all[k] = x + k;
    operands[k] = {x[k].value.data(), sizeof(T), {}, false};
    backend::stretch(x[k].shape(), x[k].value.strides, space, operands[k].stride);
  }
  operands[r.arity] = {y.mutable_data(), sizeof(T), {}, false};
  backend::stretch(space, y.strides, space, operands[r.arity].stride);
  if (y.size() != 0) backend::run(r.pick(), backend::make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, r.arity + 1), nullptr, true);
  edge source;
  if (live && r.differentiable) {
    const rule<T>* op = &r;
    source = record_operation(any_rule<T>::value, &op, all, r.arity, y, r.keeps_operands, r.keeps_result);
  }
  return {std::move(y), std::move(source)};
}

namespace detail {

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
template <Element T>
template <lane::function F, class... X>
TESSERA_FN any_variable<T> any_variable<T>::call(const X&... x) {
  return detail::elementwise<typename detail::op_of<F>::type>(x...);
}

TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator+(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::add>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator-(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::subtract>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator*(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::multiply>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator/(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::divide>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator-(const any_variable<T>& x) { return detail::elementwise<op::negate>(x); }

// A condition is 1 where it holds and 0 elsewhere.
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator==(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator!=(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::not_equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator<(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::less>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator>(const any_variable<T>& a, const any_variable<T>& b) { return b < a; }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator<=(const any_variable<T>& a, const any_variable<T>& b) { return detail::elementwise<op::less_equal>(a, b); }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator>=(const any_variable<T>& a, const any_variable<T>& b) { return b <= a; }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator&(const any_variable<T>& a, const any_variable<T>& b) { return a * b; }
TESSERA_CALLS_ANYTHING
template <Element T>
[[nodiscard]] TESSERA_FN any_variable<T> operator|(const any_variable<T>& a, const any_variable<T>& b) { return lane::maximum(a, b); }

template <Element T>
void add_adjoint(const edge& to, const any_variable<T>& part) {
  node& n = *to;
  const with_device on(part.value.hold.device());
  const bool recorded = is_grad_enabled() && (part.source || n.adjoint_source);
  if (n.adjoint && !recorded) {
    T* place = reinterpret_cast<T*>(open_adjoint(n, false).data);
    op::add_strided{n.shape, row_major(n.shape), 0}.add_to(part.value, place);
    return;
  }
  // The first contribution becomes the adjoint; a recorded sum is never formed in place.
  any_variable<T> total = n.adjoint ? any_variable<T>({n.adjoint, n.shape, row_major(n.shape)}, n.adjoint_source) + part : part;
  note_gradient(n, false);
  n.adjoint = total.value.packed().hold;
  n.adjoint_source = recorded ? std::move(total.source) : edge{};
}

}  // namespace tessera::autograd
