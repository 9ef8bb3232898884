// SPDX-License-Identifier: BSL-1.0
#pragma once
// array<T, Shape>: the inline twin of tensor. It is trivially copyable, never allocates, and the compiler can compute with it.

#include <tessera/backend/inline.hpp>
#include <tessera/tensor/tensor.hpp>

#include <array>
#include <span>
#include <string>

namespace tessera {

// A diagnosis: the compiler names it where an array would need an extent that only run time knows.
template <class Shape>
struct array_needs_static_extents {};

namespace detail {
/// The index with negative entries counted from the end.
///   error  index_error naming the axis
[[nodiscard]] constexpr extents checked_index(extents index, const extents& all) {
  for (int i = 0; i < all.rank; ++i) {
    if (index[i] < -all[i] || index[i] >= all[i])
      raise<index_error>({"tessera::at: index ", index[i], " is out of range for axis ", i, " of shape ", all});
    if (index[i] < 0) index[i] += all[i];
  }
  return index;
}
}  // namespace detail

/// A fixed number of elements, held in place in row-major order: to tensor what std::array is to std::vector. Made for small
/// sizes, such as gradients of small functions; expressions copy it.
///   cost  copying copies the elements
template <Element T, Shape S>
class array {
  static_assert(S::is_static, "tessera::array: every extent is a number; tensor holds the others");

 public:
  using element = T;
  using shape_type = S;
  static constexpr int rank = S::rank;

  /// Zeros.
  constexpr array() : values_{} {}
  /// Every element `value`.
  constexpr array(S, T value) : values_{} { values_.fill(value); }
  /// Elements in row-major order.
  ///   error  shape_error unless there are as many as the shape has
  constexpr array(S, std::span<const T> values) : values_{} {
    if (static_cast<extent>(values.size()) != size())
      raise<shape_error>({"tessera::array: ", values.size(), " values do not fill shape ", S::pattern});
    std::copy(values.begin(), values.end(), values_.begin());
  }
  /// Nested braces: array{{1.f, 2.f}, {3.f, 4.f}}.
  template <class... Rows>
    requires(detail::literal_fits<T, S, Rows...>)
  constexpr array(const Rows&... rows) : values_{} {  // NOLINT: a number converts to an array of no axes
    T* to = values_.data();
    (detail::copy_literal(to, rows), ...);
  }
  template <class U, std::size_t... N>
    requires(S::rank == 2)
  constexpr array(const U (&... rows)[N]) : values_{} {
    T* to = values_.data();
    (detail::copy_literal(to, rows), ...);
  }
  template <class U, std::size_t M, std::size_t... N>
    requires(S::rank == 3)
  constexpr array(const U (&... rows)[N][M]) : values_{} {
    T* to = values_.data();
    (detail::copy_literal(to, rows), ...);
  }
  template <class U, std::size_t L, std::size_t M, std::size_t... N>
    requires(S::rank == 4)
  constexpr array(const U (&... rows)[N][M][L]) : values_{} {
    T* to = values_.data();
    (detail::copy_literal(to, rows), ...);
  }
  /// What an operation whose error has been reported returns.
  constexpr array(poison) : values_{} {}

  /// The value of an expression, or a copy of a tensor's elements.
  ///   error  compile time: shapes or element types differ; run time: shape_error where a run-time extent does not fit;
  ///          autograd_error where a graph tracks the expression
  template <Operand X>
    requires(!std::same_as<std::remove_cvref_t<X>, array>)
  constexpr array(const X& x) {
    const auto& e = detail::expression_of(x);
    using E = std::remove_cvref_t<decltype(e)>;
    detail::check_assignment<T, S, E>();
    if constexpr (detail::is_inline_node<E>) {
      backend::evaluate_inline(e, values_.data());
    } else {
      if constexpr (E::tracked)
        e.for_each_leaf([](const auto& leaf) {
          if constexpr (std::remove_cvref_t<decltype(leaf)>::tracked) refuse_lost_gradient(leaf.source);
        });
      static_cast<void>(S::from(e.shape().values()));
      backend::evaluate(e, values_.data());
    }
  }

  /// An array whose elements are yet to be written.
  [[nodiscard]] static constexpr array uninitialized() { return array(unwritten{}); }

  [[nodiscard]] constexpr S shape() const { return {}; }
  /// The size of one axis, which may count from the end.
  [[nodiscard]] constexpr extent size(int axis) const { return S{}[axis]; }
  /// The number of elements.
  [[nodiscard]] static constexpr extent size() { return S::static_size; }

  [[nodiscard]] constexpr const T* data() const { return values_.data(); }
  [[nodiscard]] constexpr T* data() { return values_.data(); }
  [[nodiscard]] constexpr std::span<const T> span() const { return values_; }
  [[nodiscard]] constexpr std::span<T> span() { return values_; }
  [[nodiscard]] constexpr const T* begin() const { return data(); }
  [[nodiscard]] constexpr const T* end() const { return data() + size(); }
  [[nodiscard]] constexpr T* begin() { return data(); }
  [[nodiscard]] constexpr T* end() { return data() + size(); }

  /// The element at an index, unchecked.
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] constexpr const T& operator()(I... index) const {
    return data()[offset(extents{static_cast<extent>(index)...})];
  }
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] constexpr T& operator()(I... index) {
    return data()[offset(extents{static_cast<extent>(index)...})];
  }
  /// The element at an index that may count from the end.
  ///   error  index_error naming the axis
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] constexpr const T& at(I... index) const {
    return data()[offset(detail::checked_index(extents{static_cast<extent>(index)...}, S::pattern))];
  }
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] constexpr T& at(I... index) {
    return data()[offset(detail::checked_index(extents{static_cast<extent>(index)...}, S::pattern))];
  }
  /// The only element.
  [[nodiscard]] constexpr T item() const
    requires(S::static_size == 1)
  {
    return data()[0];
  }

  /// The leaf that stands for this array in an expression: a copy.
  [[nodiscard]] constexpr inline_leaf<T, S> lazy() const { return {values_}; }

 private:
  struct unwritten {};
  constexpr explicit array(unwritten) {
    if (std::is_constant_evaluated()) values_.fill(T());  // without this g++ takes it for a constant, of zeros that it writes
  }

  [[nodiscard]] static constexpr extent offset(const extents& index) {
    extent at = 0;
    for (int i = 0; i < rank; ++i) at = at * S::pattern[i] + index[i];
    return at;
  }

  alignas(detail::alignment_of_array<T, static_cast<std::size_t>(S::static_size)>) std::array<T, static_cast<std::size_t>(S::static_size)> values_;
};

template <class T, std::same_as<T>... U>
  requires(Element<T>)
explicit array(T, U...) -> array<T, shape<1 + sizeof...(U)>>;
template <class T, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
array(const T (&... rows)[N]) -> array<T, shape<sizeof...(N), detail::first_of<N...>>>;
template <class T, std::size_t M, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
array(const T (&... rows)[N][M]) -> array<T, shape<sizeof...(N), detail::first_of<N...>, M>>;
template <class T, std::size_t L, std::size_t M, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
array(const T (&... rows)[N][M][L]) -> array<T, shape<sizeof...(N), detail::first_of<N...>, M, L>>;
template <Element T, Shape S>
array(S, T) -> array<T, S>;
template <Operand X>
array(const X&) -> array<element_t<X>, shape_t<X>>;
array(poison) -> array<float, shape<>>;

template <class X>
inline constexpr bool is_array = false;
template <class T, class S>
inline constexpr bool is_array<array<T, S>> = true;

}  // namespace tessera
