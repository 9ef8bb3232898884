// SPDX-License-Identifier: BSL-1.0
#pragma once
// A value of run-time shape and the node it came from. Gradients of structured operations are written in it, and recorded
// gradients are made of it: the set of its operations is closed, so that any order of derivative needs no new types.

#include <tessera/autograd/node.hpp>
#include <tessera/op/structured.hpp>

#include <array>
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

/// One structured operation that ran: the operation, what its vjp reads, and where its operands came from.
template <class Op, Element T, int N>
struct structured_node : node {
  Op op;
  std::array<any_tensor<T>, N> operands;
  any_tensor<T> result;
  std::array<edge, N> sources;

  structured_node(Op o, const any_tensor<T>& y, std::array<edge, N> e) : node(&kind, y.shape, sizeof(T)), op(std::move(o)), sources(std::move(e)) {}

  static void backward(node& n, bool) {
    auto& self = static_cast<structured_node&>(n);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      n.references.fetch_add(1, std::memory_order_relaxed);
      const any_variable<T> y(self.result, edge(&n));
      const any_variable<T> g({n.adjoint, n.shape, row_major(n.shape)}, n.adjoint_source);
      const auto parts = self.op.vjp(g, any_variable<T>(self.operands[I], self.sources[I])..., y);
      (self.template add<static_cast<int>(I)>(parts), ...);
    }(std::make_index_sequence<N>{});
  }
  static void release(node& n) {
    auto& self = static_cast<structured_node&>(n);
    for (any_tensor<T>& x : self.operands) x.hold = {};
    self.result.hold = {};
    if constexpr (requires { self.op.release(); }) self.op.release();
  }
  static edge* input(node& n, int i) { return i < N ? &static_cast<structured_node&>(n).sources[static_cast<std::size_t>(i)] : nullptr; }
  static constexpr node_table kind{Op::name, &backward, &release, &destroy_node<structured_node>, &input};

 private:
  template <int I, class Parts>
  void add(const Parts& parts) const {
    if constexpr (!std::same_as<Parts, no_gradient>) {
      const auto& part = parts.template get<I>();
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>, no_gradient>)
        if (wants_adjoint(sources[I])) add_adjoint(sources[I], part());
    }
  }
};

/// Runs a structured operation and records it where an operand asks for that.
template <class Op, Element T, class... X>
[[nodiscard]] any_variable<T> apply(Op op, const any_variable<T>& x, const X&... rest) {
  constexpr int n = 1 + sizeof...(X);
  any_tensor<T> y = op.value(x.value, rest.value...);
  if constexpr (requires { requires !Op::differentiable; }) {
    return {std::move(y), {}};
  } else {
    if (!(is_live(x.source) || ... || is_live(rest.source))) return {std::move(y), {}};
    edge e = make_node<structured_node<Op, T, n>>(std::move(op), y, std::array<edge, n>{x.source, rest.source...});
    auto& self = static_cast<structured_node<Op, T, n>&>(*e);
    self.operands = {x.value, rest.value...};
    if constexpr (!Op::keeps)
      for (any_tensor<T>& operand : self.operands) operand.hold = {};
    if constexpr (Op::keeps_result) self.result = y;
    else self.result.shape = y.shape;
    return {std::move(y), std::move(e)};
  }
}

}  // namespace tessera::autograd
