// SPDX-License-Identifier: BSL-1.0
#pragma once
// Values of run-time shape: any_variable, with the node it came from, of which recorded gradients are made, and any_value, without one,
// for gradients that nobody differentiates again. Rules are generic in them. The set of their operations is closed, so that any
// order of derivative needs no new types.

#include <tessera/autograd/recorded.hpp>
#include <tessera/op/structured.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace tessera::autograd {

/// What a lane does, for rules that are followed on whole tensors V.
template <class V, Element T>
struct whole_tensor {
  using symbol_tag = void;
  TESSERA_CALLS_ANYTHING
  [[nodiscard]] TESSERA_FN static V constant(double c) { return V(static_cast<T>(c)); }
  TESSERA_CALLS_ANYTHING
  template <lane::function F, class... X>
  [[nodiscard]] TESSERA_FN static V call(const X&... x);
};

template <Element T>
struct any_value : whole_tensor<any_value<T>, T> {
  using element = T;
  any_tensor<T> value;

  any_value() = default;
  any_value(any_tensor<T>&& v) : value(std::move(v)) {}
  any_value(const any_tensor<T>& v) : value(v) {}
  /// A number: no axes.
  explicit any_value(T number) : value(any_tensor<T>::filled({}, number)) {}

  [[nodiscard]] const extents& shape() const { return value.shape; }
  /// Is what is computed recorded? If not, a rule may compute in one kernel what it would else say in operations.
  [[nodiscard]] static constexpr bool records() { return false; }
};

template <Element T>
struct any_variable : any_value<T>, whole_tensor<any_variable<T>, T> {
  using whole_tensor<any_variable, T>::constant, whole_tensor<any_variable, T>::call;
  using typename whole_tensor<any_variable, T>::symbol_tag;
  edge source;

  any_variable() = default;
  any_variable(any_tensor<T>&& v, edge e = {}) : any_value<T>(std::move(v)), source(std::move(e)) {}
  any_variable(const any_tensor<T>& v, edge e = {}) : any_value<T>(v), source(std::move(e)) {}
  /// A number: no axes, no gradient.
  explicit any_variable(T number) : any_value<T>(number) {}

  [[nodiscard]] static constexpr bool records() { return true; }
};

/// Either of them.
template <class V>
inline constexpr bool is_whole = false;
template <Element T>
inline constexpr bool is_whole<any_value<T>> = true;
template <Element T>
inline constexpr bool is_whole<any_variable<T>> = true;
template <class V>
concept Whole = is_whole<V>;

/// Adds a contribution to the adjoint of the node an operand came from.
template <Element T>
void add_adjoint(const edge& to, const any_value<T>& part);
template <Element T>
void add_adjoint(const edge& to, const any_variable<T>& part);

template <Element T>
struct operation_node;
template <Element T>
using recorded_cotangents = void (*)(operation_node<T>& n, const any_variable<T>& g, const any_variable<T>& y);

/// An operation on whole tensors as data: what a node of it has to know beyond its operands.
template <Element T>
struct operation_table {
  node_table node;  // first: a node's table pointer leads here
  bool keeps_operands, keeps_result;
  std::size_t size;  // of the operation itself, which the node holds
  any_tensor<T> (*value)(void* op, const any_tensor<T>* const* x);
  void (*add_cotangents)(operation_node<T>& n, const any_value<T>& g, const any_value<T>& y);
  const recorded_cotangents<T>* recorded;  // the same, recorded
  void (*move)(void* op, void* to);
  void (*end)(void* op);      // null where there is nothing to do
  void (*release)(void* op);  // likewise
};

/// One operation that ran. In one piece of memory behind it: its operands and the operation itself.
template <Element T>
struct operation_node : node {
  int count;
  any_tensor<T> result;

  operation_node(const operation_table<T>& t, const extents& s, int n) : node(&t.node, s, sizeof(T)), count(n) {}

  [[nodiscard]] const operation_table<T>& what() const { return *reinterpret_cast<const operation_table<T>*>(table); }
  [[nodiscard]] any_variable<T>* operands() { return reinterpret_cast<any_variable<T>*>(this + 1); }
  [[nodiscard]] void* op() { return reinterpret_cast<std::byte*>(this) + place_of_op(count); }
  [[nodiscard]] static std::size_t place_of_op(int n) {
    constexpr std::size_t unit = alignof(std::max_align_t);
    return (sizeof(operation_node) + static_cast<std::size_t>(n) * sizeof(any_variable<T>) + unit - 1) / unit * unit;
  }
  [[nodiscard]] static std::size_t bytes(const operation_table<T>& t, int n) { return place_of_op(n) + t.size; }

  static void backward(node& n, bool recorded) {
    auto& self = static_cast<operation_node&>(n);
    if (recorded) return self.backward_recorded();
    const any_value<T> g{{n.adjoint, n.shape, row_major(n.shape)}}, y{self.result};
    self.what().add_cotangents(self, g, y);
  }
  static void release(node& n) {
    auto& self = static_cast<operation_node&>(n);
    for (int k = 0; k < self.count; ++k) self.operands()[k].value.hold = {};
    self.result.hold = {};
    if (self.what().release != nullptr) self.what().release(self.op());
  }
  static void destroy(node& n) {
    auto& self = static_cast<operation_node&>(n);
    const std::size_t size = bytes(self.what(), self.count);
    if (self.what().end != nullptr) self.what().end(self.op());
    std::destroy_n(self.operands(), self.count);
    self.~operation_node();
    pool::release(&self, size);
  }
  static edge* input(node& n, int i) {
    auto& self = static_cast<operation_node&>(n);
    return i < self.count ? &self.operands()[i].source : nullptr;
  }
  /// The part of a table that all operations share.
  [[nodiscard]] static constexpr node_table functions(const char* name) { return {name, &backward, &release, &destroy, &input}; }

 private:
  TESSERA_COLD void backward_recorded() {
    if (*what().recorded == nullptr) refuse_unrecorded(table->name);
    references.fetch_add(1, std::memory_order_relaxed);
    const any_variable<T> g{{adjoint, shape, row_major(shape)}, adjoint_source}, y{result, edge(this)};
    (*what().recorded)(*this, g, y);
  }
};

/// Makes the node of an operation that gave y. What backward does not read keeps its shape only.
template <Element T>
[[nodiscard, gnu::noinline]] edge record_operation(const operation_table<T>& t, void* op, const any_variable<T>* const* x, int count, const any_tensor<T>& y,
                                                 bool keeps_operands, bool keeps_result) {
  auto* n = ::new (pool::allocate(operation_node<T>::bytes(t, count))) operation_node<T>(t, y.shape, count);
  for (int k = 0; k < count; ++k) {
    ::new (n->operands() + k) any_variable<T>(*x[k]);
    if (!keeps_operands) n->operands()[k].value.hold = {};
  }
  n->result = y;
  if (!keeps_result) n->result.hold = {};
  t.move(op, n->op());
  return edge(n);
}

namespace detail {

template <Element T>
[[nodiscard]] bool is_any_live(const any_variable<T>* const* x, int count) {
  return std::any_of(x, x + count, [](const any_variable<T>* one) { return is_live(one->source); });
}

template <int I, class Parts>
void add_cotangent(const edge& to, const Parts& parts) {
  if constexpr (!std::same_as<Parts, no_gradient>) {
    const auto& part = parts.template get<I>();
    if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>, no_gradient>)
      if (wants_adjoint(to)) add_adjoint(to, part());
  }
}
template <class Op, Element T, int N>
struct recorded_operation;

/// Adds what the rule of a structured operation on N operands gives for each.
template <class Op, class V, int N>
TESSERA_COLD void add_cotangents(operation_node<typename V::element>& n, const V& g, const V& y) {
  if constexpr (!V::records()) compile_recorded<recorded_operation<Op, typename V::element, N>>();
  [&]<int... K>(std::integer_sequence<int, K...>) {
    const auto* x = n.operands();
    const auto parts = static_cast<Op*>(n.op())->vjp(g, static_cast<const V&>(x[K])..., y);
    (add_cotangent<K>(x[K].source, parts), ...);
  }(std::make_integer_sequence<int, N>{});
}

/// The same, recorded.
template <class Op, Element T, int N>
struct recorded_operation {
  static constexpr recorded_cotangents<T> run = &add_cotangents<Op, any_variable<T>, N>;
};

/// The table of a structured operation.
template <class Op, Element T, class Indices>
struct operation_of;
template <class Op, Element T, int... K>
struct operation_of<Op, T, std::integer_sequence<int, K...>> {
  static_assert(alignof(Op) <= alignof(std::max_align_t));

  static void move(void* op, void* to) { ::new (to) Op(std::move(*static_cast<Op*>(op))); }
  static void end(void* op) { static_cast<Op*>(op)->~Op(); }
  static void release(void* op) {
    if constexpr (requires(Op& one) { one.release(); }) static_cast<Op*>(op)->release();
  }
  static constexpr operation_table<T> value{operation_node<T>::functions(Op::name),
                                            Op::keeps,
                                            Op::keeps_result,
                                            sizeof(Op),
                                            &tessera::detail::run_operation<Op, T, sizeof...(K)>,
                                            &add_cotangents<Op, any_value<T>, sizeof...(K)>,
                                            &recorded_slot<recorded_operation<Op, T, sizeof...(K)>, recorded_cotangents<T>>,
                                            &move,
                                            std::is_trivially_destructible_v<Op> ? nullptr : &end,
                                            requires(Op& one) { one.release(); } ? &release : nullptr};
};

template <Element T>
[[nodiscard, gnu::noinline]] any_variable<T> run_and_record(const operation_table<T>& t, void* op, const any_tensor<T>* const* values, const any_variable<T>* const* x, int count) {
  any_tensor<T> y = t.value(op, values);
  edge source;
  if (is_any_live(x, count)) source = record_operation(t, op, x, count, y, t.keeps_operands, t.keeps_result);
  return {std::move(y), std::move(source)};
}

}  // namespace detail

/// Runs a structured operation.
template <class Op, Element T, class... X>
[[nodiscard]] any_value<T> apply(Op op, const any_value<T>& x, const X&... rest) {
  return tessera::detail::run_structured(op, x.value, rest.value...);
}
/// The same, recorded where an operand asks for that. The operation itself goes into the graph.
template <class Op, Element T, class... X>
[[nodiscard]] any_variable<T> apply_and_take(Op& op, const any_variable<T>& x, const X&... rest) {
  if constexpr (requires { requires !Op::differentiable; }) {
    return tessera::detail::run_structured(op, x.value, rest.value...);
  } else {
    constexpr int n = 1 + sizeof...(X);
    const any_tensor<T>* const values[] = {&x.value, &rest.value...};
    const any_variable<T>* const all[] = {&x, &rest...};
    return detail::run_and_record<T>(detail::operation_of<Op, T, std::make_integer_sequence<int, n>>::value, &op, values, all, n);
  }
}
template <class Op, Element T, class... X>
[[nodiscard]] any_variable<T> apply(Op op, const any_variable<T>& x, const X&... rest) {
  return apply_and_take(op, x, rest...);
}

}  // namespace tessera::autograd
