// SPDX-License-Identifier: BSL-1.0
#pragma once
// traced<V>: what grad(f) gives to f in the place of a number or an array V. Each operation on it computes its value at once
// and notes a node. V may be traced itself: that is how a gradient is differentiated again.

#include <tessera/autograd/rule.hpp>
#include <tessera/autograd/trace/tape.hpp>

namespace tessera {

/// An empty base: operators of this namespace are found for what derives from it.
struct has_operators {};

}  // namespace tessera

namespace tessera::trace {

template <class V>
class traced;

namespace detail {
template <class V>
struct kind_of_value {
  using element = void;
  using shape_type = shape<>;
  static constexpr bool number = false;
  static constexpr int depth = 0;
};
template <Operand V>
struct kind_of_value<V> {
  using element = element_t<V>;
  using shape_type = shape_t<V>;
  static constexpr bool number = false;
  static constexpr int depth = 0;
};
template <Scalar V>
struct kind_of_value<V> {
  using element = V;
  using shape_type = shape<>;
  static constexpr bool number = true;
  static constexpr int depth = 0;
};
template <class V>
struct kind_of_value<traced<V>> {
  using element = typename kind_of_value<V>::element;
  using shape_type = typename kind_of_value<V>::shape_type;
  static constexpr bool number = kind_of_value<V>::number;
  static constexpr int depth = kind_of_value<V>::depth + 1;
};
}  // namespace detail

/// How many gradients are being taken of a value.
template <class X>
inline constexpr int depth_of = detail::kind_of_value<X>::depth;
/// Is X a number, traced or not? It is weakly typed beside arrays.
template <class X>
inline constexpr bool is_number = detail::kind_of_value<X>::number;
template <class X>
using value_shape = typename detail::kind_of_value<X>::shape_type;
template <class X>
using value_element = typename detail::kind_of_value<X>::element;

/// A handle of a node, or one number for every element where there is none: a constant of a rule, or of the user.
template <class V>
class traced : has_operators {
 public:
  using expression_tag = void;
  using eager_tag = void;
  using symbol_tag = void;
  using value_type = V;
  using element = value_element<V>;
  using shape_type = value_shape<V>;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = true;

  constexpr traced() = default;
  template <Scalar N>
  constexpr traced(N number) : number_(static_cast<element>(number)) {}  // NOLINT: as numbers convert
  constexpr explicit traced(value_node<V>* n) : node_(n) {}
  constexpr traced(poison) {}  // NOLINT

  [[nodiscard]] static constexpr traced constant(double c) { return traced(static_cast<element>(c)); }
  /// What a lane does, for rules that are followed on traced values.
  template <lane::function F, class... X>
  [[nodiscard]] static constexpr traced call(const X&... x);

  [[nodiscard]] constexpr shape_type shape() const { return {}; }
  [[nodiscard]] constexpr extent size(int axis) const { return shape_type{}[axis]; }
  [[nodiscard]] static constexpr extent size() { return shape_type::static_size; }
  /// One element, or the only one, as a traced number.
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == shape_type::rank && !is_number<V>)
  [[nodiscard]] constexpr auto operator()(I... index) const {
    return element_of(*this, extents{static_cast<extent>(index)...});
  }
  [[nodiscard]] constexpr auto item() const
    requires(shape_type::static_size == 1)
  {
    if constexpr (is_number<V>) return *this;
    else return element_of(*this, extents::filled(shape_type::rank, 0));
  }
  [[nodiscard]] constexpr value_node<V>* node() const { return node_; }
  /// The value, one gradient less deep.
  [[nodiscard]] constexpr V value() const {
    if (node_ != nullptr) return node_->value;
    if constexpr (Scalar<V> || Eager<V>) return V(number_);
    else return V(shape_type{}, number_);
  }

  template <class B>
  friend constexpr traced& operator+=(traced& a, const B& b) { return a = a + b; }
  template <class B>
  friend constexpr traced& operator-=(traced& a, const B& b) { return a = a - b; }
  template <class B>
  friend constexpr traced& operator*=(traced& a, const B& b) { return a = a * b; }
  template <class B>
  friend constexpr traced& operator/=(traced& a, const B& b) { return a = a / b; }

 private:
  value_node<V>* node_ = nullptr;
  element number_{};
};

/// x as the gradient of the given depth sees it: without the outermost trace, where it has one of that depth.
template <int Depth, class X>
[[nodiscard]] constexpr decltype(auto) lowered(const X& x) {
  if constexpr (depth_of<X> == Depth && Depth > 0) return x.value();
  else return (x);
}

/// The number or array that a value has, whatever is traced.
template <class V>
[[nodiscard]] constexpr auto plain_value(const traced<V>& x) {
  if constexpr (Eager<V>) return plain_value(x.value());
  else return x.value();
}

namespace detail {

/// The value of an operand as a node keeps it.
template <class X>
[[nodiscard]] constexpr const X& kept_value(const X& x) {
  return x;
}
template <class V>
[[nodiscard]] constexpr const V& kept_value(value_node<V>* const& n) {
  return n->value;
}

/// An operation that ran.
template <class Rule, class V, class... Operand>
struct rule_node : value_node<V> {
  V own;
  [[no_unique_address]] Rule rule;
  tessera::detail::held_pack<std::make_integer_sequence<int, sizeof...(Operand)>, Operand...> operands;

  constexpr rule_node(const Rule& r, const Operand&... x)
      : value_node<V>(&kind_of, true, own), own(r.value(kept_value(x)...)), rule(r), operands{{x}...} {}
  static constexpr void backward(node& n) {
    auto& self = static_cast<rule_node&>(n);
    self.operands.apply([&](const auto&... x) { self.rule.propagate(self.adjoint, self.own, x...); });
  }
  static constexpr void destroy(node* n) { delete static_cast<rule_node*>(n); }
  static constexpr node_kind kind_of{&backward, &destroy};
};

template <int Depth, class X>
constexpr void find_owner(tape*& owner, bool& tracked, const X& x) {
  if constexpr (depth_of<X> == Depth) {
    if (x.node() == nullptr) return;
    if (owner != nullptr && owner != x.node()->owner)
      raise<autograd_error>({"tessera::grad: a value of an outer gradient meets one of an inner gradient that knows nothing of it; pass it to the inner function as an argument"});
    owner = x.node()->owner;
    tracked = tracked || x.node()->tracked;
  }
}

/// An operand as the node keeps it: constants among traced values get a node of their own.
template <int Depth, class X>
[[nodiscard]] constexpr auto node_operand([[maybe_unused]] tape& owner, const X& x) {
  if constexpr (depth_of<X> == Depth) return x.node() != nullptr ? x.node() : owner.constant(x.value());
  else return x;
}

/// The one number that every element of a value is, for results of constants only.
template <class V>
[[nodiscard]] constexpr value_element<V> uniform_number(const V& value) {
  if constexpr (Scalar<V>) {
    return value;
  } else if constexpr (Eager<V>) {
    return uniform_number(value.value());
  } else {
    if (value.size() == 0) return {};
    for (const auto& other : value)
      if (!(other == *value.begin()) && other == other) raise<autograd_error>({"tessera::grad: an operation on constants alone gave an array; compute it outside"});
    return *value.begin();
  }
}

}  // namespace detail

/// Runs a rule on operands of which some are traced, and notes it where an argument takes part.
template <class Rule, class... X>
[[nodiscard]] constexpr auto record(const Rule& rule, const X&... x) {
  constexpr int depth = std::max({depth_of<X>...});
  using V = settled_t<decltype(rule.value(lowered<depth>(x)...))>;
  tape* owner = nullptr;
  bool tracked = false;
  (detail::find_owner<depth>(owner, tracked, x), ...);
  if (owner == nullptr) return traced<V>(detail::uniform_number(V(rule.value(lowered<depth>(x)...))));
  const auto note = [&](const auto&... operand) {
    using N = detail::rule_node<Rule, V, std::remove_cvref_t<decltype(operand)>...>;
    value_node<V>* made = nullptr;
    if (tracked) made = owner->template make<N>(rule, operand...);
    else made = owner->constant(V(rule.value(detail::kept_value(operand)...)));
    return traced<V>(made);
  };
  return note(detail::node_operand<depth>(*owner, x)...);
}

}  // namespace tessera::trace
