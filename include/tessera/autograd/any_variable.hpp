// SPDX-License-Identifier: BSL-1.0
#pragma once
// A value of run-time shape and the node it came from. Gradients of structured operations are written in it, and recorded
// gradients are made of it: the set of its operations is closed, so that any order of derivative needs no new types.

#include <tessera/autograd/node.hpp>
#include <tessera/op/structured.hpp>

#include <utility>

namespace tessera::autograd {

template <Element T>
struct any_variable {
  any_tensor<T> value;
  edge source;

  any_variable() = default;
  any_variable(any_tensor<T> v, edge e = {}) : value(std::move(v)), source(std::move(e)) {}
  /// A number: no axes, no gradient.
  explicit any_variable(T number) : value(any_tensor<T>::filled({}, number)) {}

  [[nodiscard]] const extents& shape() const { return value.shape; }

  /// What a lane does, for rules that are followed on whole tensors.
  using symbol_tag = void;
  [[nodiscard]] static any_variable constant(double c) { return any_variable(static_cast<T>(c)); }
  template <lane::function F, class... X>
  [[nodiscard]] static any_variable call(const X&... x);
};

/// Adds a contribution to the adjoint of the node an operand came from.
template <Element T>
void add_adjoint(const edge& to, const any_variable<T>& part);

/// The node of an operation on whole tensors, as far as it is the same for every operation: what backward reads, and where
/// the operands came from.
template <Element T>
struct operation_node : node {
  int count;
  any_tensor<T>* operands;
  edge* sources;
  any_tensor<T> result;

  operation_node(const node_table* t, const extents& s, int n, any_tensor<T>* x, edge* e) : node(t, s, sizeof(T)), count(n), operands(x), sources(e) {}

  /// Notes what the operation was given and gave; what backward does not read keeps its shape only.
  [[gnu::noinline]] void keep(const any_variable<T>* const* x, const any_tensor<T>& y, bool keeps_operands, bool keeps_result) {
    for (int k = 0; k < count; ++k) {
      sources[k] = x[k]->source;
      operands[k] = x[k]->value;
      if (!keeps_operands) operands[k].hold = {};
    }
    result = y;
    if (!keeps_result) result.hold = {};
  }
  /// The operands, the result and its adjoint, as values that can themselves be recorded.
  [[gnu::noinline]] void open(any_variable<T>* x, any_variable<T>& y, any_variable<T>& g) {
    for (int k = 0; k < count; ++k) x[k] = {operands[k], sources[k]};
    references.fetch_add(1, std::memory_order_relaxed);
    y = {result, edge(this)};
    g = {{adjoint, shape, row_major(shape)}, adjoint_source};
  }
  static void release(node& n) {
    auto& self = static_cast<operation_node&>(n);
    for (int k = 0; k < self.count; ++k) self.operands[k].hold = {};
    self.result.hold = {};
  }
  static edge* input(node& n, int i) {
    auto& self = static_cast<operation_node&>(n);
    return i < self.count ? self.sources + i : nullptr;
  }
};

/// One structured operation that ran.
template <class Op, Element T, int N>
struct structured_node : operation_node<T> {
  Op op;
  any_tensor<T> room[N];
  edge edges[N];

  structured_node(Op o, const extents& s) : operation_node<T>(&kind, s, N, room, edges), op(std::move(o)) {}

  TESSERA_COLD static void backward(node& n, bool) {
    auto& self = static_cast<structured_node&>(n);
    any_variable<T> x[N], y, g;
    self.open(x, y, g);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto parts = self.op.vjp(g, x[I]..., y);
      (self.template add<static_cast<int>(I)>(parts), ...);
    }(std::make_index_sequence<N>{});
  }
  static void release(node& n) {
    operation_node<T>::release(n);
    if constexpr (requires(Op& one) { one.release(); }) static_cast<structured_node&>(n).op.release();
  }
  static constexpr node_table kind{Op::name, &backward, &release, &destroy_node<structured_node>, &operation_node<T>::input};

 private:
  template <int I, class Parts>
  void add(const Parts& parts) const {
    if constexpr (!std::same_as<Parts, no_gradient>) {
      const auto& part = parts.template get<I>();
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>, no_gradient>)
        if (wants_adjoint(edges[I])) add_adjoint(edges[I], part());
    }
  }
};

/// Runs a structured operation and records it where an operand asks for that. (Cold means compiled for size: what takes time
/// is the operation itself.)
template <class Op, Element T, class... X>
[[nodiscard]] TESSERA_COLD any_variable<T> apply(Op op, const any_variable<T>& x, const X&... rest) {
  any_tensor<T> y = run_structured(op, x.value, rest.value...);
  edge source;
  if constexpr (!requires { requires !Op::differentiable; }) {
    if ((is_live(x.source) || ... || is_live(rest.source))) {
      constexpr int n = 1 + sizeof...(X);
      source = make_node<structured_node<Op, T, n>>(std::move(op), y.shape);
      const any_variable<T>* const all[] = {&x, &rest...};
      static_cast<operation_node<T>&>(*source).keep(all, y, Op::keeps, Op::keeps_result);
    }
  }
  return {std::move(y), std::move(source)};
}

}  // namespace tessera::autograd
