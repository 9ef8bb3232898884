// SPDX-License-Identifier: BSL-1.0
#pragma once
// The leaf of an array: it holds the elements themselves, so that an expression on arrays is a value of the stack that also
// exists at compile time.

#include <tessera/expr/lower.hpp>
#include <tessera/shape/rules.hpp>

#include <array>
#include <cstddef>

namespace tessera {

namespace detail {
/// The boundary that N elements of the stack start at: registers that fill them without a rest do not straddle two cache lines.
template <class E, std::size_t N>
inline constexpr std::size_t alignment_of_array = [] {
  std::size_t boundary = 64;
  while (boundary > alignof(E) && (N == 0 || N * sizeof(E) % boundary != 0)) boundary /= 2;
  return boundary > alignof(E) ? boundary : alignof(E);
}();
}  // namespace detail

/// Elements by copy, in row-major order.
template <class E, class S>
struct inline_leaf {
  using expression_tag = void;
  using inline_tag = void;
  using element = E;
  using shape_type = S;
  static constexpr int leaf_count = 1;
  static constexpr int step_count = 0;
  static constexpr bool tracked = false;

  alignas(detail::alignment_of_array<E, static_cast<std::size_t>(S::static_size)>) std::array<E, static_cast<std::size_t>(S::static_size)> values;

  [[nodiscard]] constexpr S shape() const { return {}; }
  [[nodiscard]] constexpr const E* data() const { return values.data(); }
  [[nodiscard]] constexpr extents strides() const { return row_major(S::pattern); }
  template <class F>
  constexpr void for_each_leaf(F&& f) const { f(*this); }
};

namespace detail {

template <class E, class S, class Whole>
struct leaf_access<inline_leaf<E, S>, Whole> : leaf_access<leaf<E, S>, Whole> {};

template <class X>
inline constexpr bool is_inline = false;
template <Operand X>
inline constexpr bool is_inline<X> = is_inline_node<expression_t<X>>;

/// The strides of a row-major shape S stretched over a space, as a type.
template <class S, class Space>
struct stretched_strides {
  static constexpr extents values = [] {
    extents out = extents::filled(Space::rank, 0);
    rule::stretch(S::pattern, row_major(S::pattern), Space::pattern, out.at);
    return out;
  }();
};

/// One element of an inline expression, from the operations' own scalar functions.
template <class Space, class T, class X>
constexpr T inline_element(const X& x, const extents& index) {
  if constexpr (is_map<X>) {
    return x.operands.apply([&](const auto&... operand) {
      using Lane = typename X::lane_type;
      return static_cast<T>(static_cast<typename X::element>(X::op::value(inline_element<Space, Lane>(operand, index)...)));
    });
  } else if constexpr (X::shape_type::rank == 0) {
    return static_cast<T>(*x.data());
  } else {
    constexpr extents strides = stretched_strides<typename X::shape_type, Space>::values;
    extent at = 0;
    for (int i = 0; i < strides.rank; ++i) at += index[i] * strides[i];
    return static_cast<T>(x.data()[at]);
  }
}

}  // namespace detail

/// Is X an array, or an expression on nothing but arrays and numbers? Such operands need no memory, and the compiler can
/// evaluate them.
template <class X>
concept InlineOperand = detail::is_inline<std::remove_cvref_t<X>>;

/// Does each operation on X run when it is applied, as on the traced values that grad(f) gives to f?
template <class X>
concept Eager = requires { typename std::remove_cvref_t<X>::eager_tag; };

/// Does X have a fixed shape and no memory of its own, so that operations on it need none?
template <class X>
concept StaticOperand = InlineOperand<X> || Eager<X>;

}  // namespace tessera
