// SPDX-License-Identifier: BSL-1.0
#pragma once
// Gradients of one recorded value with respect to chosen others, which leaves .grad() of every leaf alone.

#include <tessera/autograd/create_graph.hpp>

#include <array>
#include <string>
#include <tuple>

namespace tessera {
namespace autograd {

/// The nodes that a pass is asked for. Until the end of the scope only they, of all leaves, get adjoints; then they have
/// again what they had.
template <std::size_t N>
class target_scope {
 public:
  explicit target_scope(const std::array<node*, N>& nodes) : others_(std::exchange(detail::only_targets, true)) {
    for (std::size_t i = 0; i < N; ++i) {
      if (nodes[i] == nullptr) continue;
      node& n = *nodes[i];
      before_[i] = {&n, std::exchange(n.adjoint, block()), std::exchange(n.adjoint_source, edge()), std::exchange(n.is_target, true)};
    }
  }
  target_scope(const target_scope&) = delete;
  ~target_scope() {
    for (std::size_t i = N; i-- > 0;) {
      if (before_[i].at == nullptr) continue;
      before_[i].at->adjoint = std::move(before_[i].adjoint);
      before_[i].at->adjoint_source = std::move(before_[i].adjoint_source);
      before_[i].at->is_target = before_[i].was_target;
    }
    detail::only_targets = others_;
  }

 private:
  struct kept {
    node* at = nullptr;
    block adjoint;
    edge adjoint_source;
    bool was_target = false;
  };
  bool others_;
  std::array<kept, N> before_;
};

/// How gradients are asked for.
struct gradient_options {
  bool retain_graph = false, create_graph = false;
  bool zeros_for_unused = false;  // instead of an error
};

namespace detail {

template <class X>
inline constexpr bool is_variable = false;
template <class T, class S>
inline constexpr bool is_variable<variable<T, S>> = true;

template <class X>
[[nodiscard]] node* target_of(const X& x) {
  if constexpr (is_variable<X>) return x.source().get();
  else return nullptr;
}

/// The adjoint that a pass has left with the node of x, the argument of that number; of anything but a variable none.
template <class X>
[[nodiscard]] auto adjoint_of(const X& x, [[maybe_unused]] int number, [[maybe_unused]] bool zeros) {
  if constexpr (!is_variable<X>) {
    return no_gradient{};
  } else {
    using T = typename X::element;
    const edge& e = x.source();
    if (e && e->adjoint) return access_to_variable::make<T>(e->adjoint, x.shape(), e->adjoint_source);
    if (!zeros) raise<autograd_error>({"tessera::grad: the value does not depend on variable ", number, " of those its gradient is asked for"});
    return access_to_variable::make<T>(tensor<T, typename X::shape_type>(x.shape(), T(0)).captured(), x.shape(), {});
  }
}

}  // namespace detail

/// The gradients of y, one number, with respect to each x that is a variable.
template <Element Y, Shape R, class... X>
[[nodiscard]] auto gradients(gradient_options options, const variable<Y, R>& y, const X&... x) {
  if (y.size() != 1) raise<shape_error>({"tessera::grad: a value of shape ", y.shape().values(),
                                        " has no gradient; reduce it to one number, for example by sum"});
  const auto collect = [&]<int... I>(std::integer_sequence<int, I...>) { return std::tuple{detail::adjoint_of(x, I + 1, options.zeros_for_unused)...}; };
  constexpr std::make_integer_sequence<int, sizeof...(X)> all;
  if (!y.requires_grad() && options.zeros_for_unused) return collect(all);
  if (!y.requires_grad()) raise<autograd_error>({"tessera::grad: nothing that this value was computed from requires a gradient"});
  const target_scope<sizeof...(X) + 1> scope({y.source().get(), detail::target_of(x)...});
  add_adjoint(y.source(), any_value<Y>(erase(tensor<Y, R>(y.shape(), Y(1)).lazy())));
  run_backward(y.source(), options.retain_graph || options.create_graph, options.create_graph);
  return collect(all);
}

}  // namespace autograd
}  // namespace tessera
