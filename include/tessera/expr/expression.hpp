// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an expression is, and the nodes of its tree. A node holds its children by value and its leaves hold the blocks they
// read: an expression can be stored, returned and evaluated later, and gives what it would have given when it was built.

#include <tessera/expr/program.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/shape.hpp>
#include <tessera/storage/block.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace tessera {

/// A node of an expression tree.
template <class X>
concept Expression = requires { typename std::remove_cvref_t<X>::expression_tag; };

/// An expression, or something that has one: a tensor, an array, a variable, a parameter.
template <class X>
concept Operand = Expression<X> || requires(const std::remove_cvref_t<X>& x) { x.lazy(); };

/// A number that an operation takes beside tensors. It is weakly typed: it does not widen a tensor of its own category.
template <class X>
concept Scalar = std::is_arithmetic_v<std::remove_cvref_t<X>>;

/// The source of a leaf that no graph tracks.
struct untracked {};

/// Elements of a contiguous block. The leaf of a tensor, or of a variable when Source says which node its adjoint goes to.
template <class E, class S, class Source = untracked>
struct leaf {
  using expression_tag = void;
  using element = E;
  using shape_type = S;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = !std::same_as<Source, untracked>;

  block hold;
  S shape_;
  [[no_unique_address]] Source source{};

  [[nodiscard]] S shape() const { return shape_; }
  [[nodiscard]] const E* data() const { return static_cast<const E*>(hold.data()); }
  [[nodiscard]] extents strides() const { return row_major(shape_.values()); }
  template <class F>
  void for_each_leaf(F&& f) const { f(*this); }
};

/// Elements of a block reached through an index map: what reshape, permute, slice and broadcast_to of a leaf give.
/// UnitInner: the map moves by one element along its last axis.
template <class E, class S, bool UnitInner, class Source = untracked>
struct view {
  using expression_tag = void;
  using element = E;
  using shape_type = S;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = !std::same_as<Source, untracked>;

  block hold;
  S shape_;
  extents strides_;
  extent offset = 0;
  [[no_unique_address]] Source source{};

  [[nodiscard]] S shape() const { return shape_; }
  [[nodiscard]] const E* data() const { return static_cast<const E*>(hold.data()) + offset; }
  [[nodiscard]] extents strides() const { return strides_; }
  template <class F>
  void for_each_leaf(F&& f) const { f(*this); }
};

/// One number for every element.
template <class E>
struct constant {
  using expression_tag = void;
  using element = E;
  using shape_type = tessera::shape<>;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = false;

  E value;

  [[nodiscard]] constexpr shape_type shape() const { return {}; }
  [[nodiscard]] constexpr const E* data() const { return &value; }
  [[nodiscard]] constexpr extents strides() const { return {}; }
  template <class F>
  constexpr void for_each_leaf(F&& f) const { f(*this); }
};

/// Elements that are computed from their position in the space, as a random mask is: Element::load(index) gives them. An
/// expression with such a leaf is evaluated before it is stretched or moved.
template <class Element, class S>
struct generated {
  using expression_tag = void;
  using element = Element;
  using shape_type = S;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = false;
  static constexpr bool positional = true;

  Element value;
  S shape_;

  [[nodiscard]] S shape() const { return shape_; }
  [[nodiscard]] const Element* data() const { return &value; }
  [[nodiscard]] extents strides() const { return extents::filled(S::rank, 0); }
  template <class F>
  void for_each_leaf(F&& f) const { f(*this); }
};

/// Do the elements of X depend on their position in the space?
template <class X>
inline constexpr bool is_positional = false;
template <class X>
  requires requires { X::positional; }
inline constexpr bool is_positional<X> = X::positional;

namespace detail {

template <int I, class X>
struct held {
  X value;
};
template <class Indices, class... X>
struct held_pack;
template <int... I, class... X>
struct held_pack<std::integer_sequence<int, I...>, X...> : held<I, X>... {
  template <class F>
  constexpr void for_each_leaf(F& f) const {
    (static_cast<const held<I, X>*>(this)->value.for_each_leaf(f), ...);
  }
  /// f of all of them at once.
  TESSERA_CALLS_ANYTHING
  template <class F>
  TESSERA_INLINE constexpr decltype(auto) apply(F&& f) const {
    return f(static_cast<const held<I, X>*>(this)->value...);
  }
};

/// Is every leaf of the node X an array or a number?
template <class X>
inline constexpr bool is_inline_node = requires { typename X::inline_tag; };
template <class E>
inline constexpr bool is_inline_node<constant<E>> = true;

template <class Space, class T, class X>
constexpr T inline_element(const X& x, const extents& index);

}  // namespace detail

/// An elementwise operation on the broadcast of its operands, computed in lanes of type T.
template <class Op, class T, class S, class... X>
struct map {
  using expression_tag = void;
  using op = Op;
  using lane_type = T;
  using element = typename Op::template element<T>;
  using shape_type = S;
  static constexpr int leaf_count = (0 + ... + X::leaf_count);
  static constexpr int step_count = (1 + ... + X::step_count);
  static constexpr bool tracked = Op::differentiable && (false || ... || X::tracked);
  static constexpr bool positional = (false || ... || is_positional<X>);

  S shape_;
  detail::held_pack<std::make_integer_sequence<int, sizeof...(X)>, X...> operands;

  [[nodiscard]] constexpr S shape() const { return shape_; }
  template <class F>
  constexpr void for_each_leaf(F&& f) const {
    operands.for_each_leaf(f);
  }
  /// One element, where every leaf is an array: the compiler can know it.
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank && detail::is_inline_node<map>)
  [[nodiscard]] constexpr element operator()(I... index) const {
    return detail::inline_element<S, element>(*this, extents{static_cast<extent>(index)...});
  }
};

template <class X>
inline constexpr bool is_map = false;
template <class Op, class T, class S, class... X>
inline constexpr bool is_map<map<Op, T, S, X...>> = true;
template <class Op, class T, class S, class... X>
inline constexpr bool detail::is_inline_node<map<Op, T, S, X...>> = (true && ... && is_inline_node<X>);

/// The expression of an operand or a number.
template <Operand X>
[[nodiscard]] constexpr auto as_expression(const X& x) {
  if constexpr (Expression<X>) return x;
  else return x.lazy();
}
namespace detail {
/// An operand of an expression and where it is.
struct placed {
  int number = 0;
  device where;
  extents shape;
};
TESSERA_COLD inline void place_operand(placed* seen, const placed*& first, const placed& next) {
  if (first == nullptr) {
    seen[0] = next;
    first = seen;
  } else if (next.where != first->where) {
    raise<device_error>({"tessera: operand ", first->number, ", ", first->shape, ", is on ", first->where, " and operand ", next.number, ", ", next.shape, ", is on ", next.where,
                         "; move one with to(x, device)"});
  }
}
/// The same without a copy where x is an expression already.
template <Operand X>
[[nodiscard]] constexpr decltype(auto) expression_of(const X& x) {
  if constexpr (Expression<X>) return (x);
  else return x.lazy();
}
}  // namespace detail

/// Where the operands of an expression are: `other` where it has none.
///   error  device_error where they are in different places, naming both
template <class E>
[[nodiscard]] device device_of(const E& e, device other = current_device()) {
  if constexpr (has_gpu) {
    const detail::placed* first = nullptr;
    detail::placed seen[2];
    int number = 0;
    e.for_each_leaf([&](const auto& leaf) {
      ++number;
      if constexpr (requires { leaf.hold; }) detail::place_operand(seen, first, {number, leaf.hold.device(), leaf.shape().values()});
      else if constexpr (requires { leaf.values; }) detail::place_operand(seen, first, {number, device::cpu(), leaf.shape().values()});
    });
    return first == nullptr ? other : first->where;
  } else {
    return device::cpu();
  }
}
/// Refuses an expression whose operands are elsewhere than on the current device.
template <class E>
void check_devices(const E& e) {
  if constexpr (has_gpu) {
    const device there = device_of(e), here = current_device();
    if (there != here) raise<device_error>({"tessera: what is assigned is on ", there, " and the tensor is on ", here, "; move one with to(x, device)"});
  }
}

/// Until the end of the scope, work goes to where the operands of an expression are.
class with_device_of {
 public:
  template <class E>
  explicit with_device_of(const E& e) : scope_(device_of(e)) {}

 private:
  with_device scope_;
};

template <Operand X>
using expression_t = decltype(as_expression(std::declval<const std::remove_cvref_t<X>&>()));
template <Operand X>
using shape_t = typename expression_t<X>::shape_type;
template <Operand X>
using element_t = typename expression_t<X>::element;

/// Does a graph track any leaf of X?
template <class X>
inline constexpr bool is_tracked = false;
template <Operand X>
inline constexpr bool is_tracked<X> = expression_t<X>::tracked;

/// The number of elementwise operations that one expression may fuse. An operator whose result would exceed it evaluates
/// its larger operand first: uncapped, re-used subexpressions double the type with each line.
inline constexpr int fusion_cap = 24;

}  // namespace tessera
