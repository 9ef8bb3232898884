// SPDX-License-Identifier: BSL-1.0
#pragma once
// Tensors made from a shape: constants, random numbers, ranges, the identity, and braces with a given element type.

#include <tessera/core/error.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/numeric/random.hpp>
#include <tessera/tensor/range.hpp>
#include <tessera/tensor/tensor.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace tessera {

namespace detail {

/// make<T>(shape of x), where T is the element type of x unless one is given; a poison for a poison.
template <class T, class X, class Make>
[[nodiscard]] auto made_like(const X& x, const Make& make) {
  if constexpr (is_poison<X>) return poison{};
  else return make(expression_of(x).shape(), std::type_identity<or_else<T, element_t<X>>>{});
}

template <class X>
concept Model = Operand<X> || is_poison<X>;

template <Element T, Shape S, class Rows>
[[nodiscard]] tensor<T, S> from_rows(const Rows& rows) {
  return tensor<T, S>::made({}, [&](T* to) { copy_literal(to, rows); });
}

}  // namespace detail

/// Zeros: zeros(shape<2, 3>{}), zeros<double>(shape<dyn, 4>{3}), zeros<float, shape<2, 2>>().
///   like   torch.zeros
template <Element T = float, Shape S>
[[nodiscard]] tensor<T, S> zeros(S shape = {}) {
  return {shape, T(0)};
}

/// Ones.
///   like   torch.ones
template <Element T = float, Shape S>
[[nodiscard]] tensor<T, S> ones(S shape = {}) {
  return {shape, T(1)};
}

/// Every element `value`, whose type is the element type unless one is given.
///   error  value_error where T cannot hold the value
///   like   torch.full
template <class T = void, Shape S, Scalar V>
[[nodiscard]] auto full(S shape, V value) {
  using E = detail::or_else<T, V>;
  static_assert(Element<E>, "tessera::full: not an element type");
  return tensor<E, S>(shape, detail::fitted<E>("full", value));
}

/// A tensor to be written: its elements are whatever the memory held.
///   like   torch.empty
template <Element T = float, Shape S>
[[nodiscard]] tensor<T, S> empty(S shape = {}) {
  return tensor<T, S>::uninitialized(shape);
}

/// Numbers uniform in [0, 1), the ones PyTorch draws from the same seed: one after the other, so the processor draws them, and copies
/// them where the tensor is. rand(shape, by_position) is drawn where it is.
///   like   torch.rand
template <std::floating_point T = float, Shape S>
[[nodiscard]] tensor<T, S> rand(S shape = {}, generator& random = default_generator()) {
  return tensor<T, S>::made(shape, [&](T* to) { fill_uniform(random, to, shape.size()); });
}

/// Standard normal numbers, the ones PyTorch draws from the same seed, by the processor.
///   like   torch.randn
template <std::floating_point T = float, Shape S>
[[nodiscard]] tensor<T, S> randn(S shape = {}, generator& random = default_generator()) {
  return tensor<T, S>::made(shape, [&](T* to) { fill_normal(random, to, shape.size()); });
}

/// Integers from low to high - 1, the ones PyTorch draws from the same seed.
///   error  value_error unless low < high and T holds both ends
///   like   torch.randint
template <Element T = std::int64_t, Shape S>
[[nodiscard]] tensor<T, S> randint(std::int64_t low, std::int64_t high, S shape, generator& random = default_generator()) {
  if (low >= high)
    raise<value_error>({"tessera::randint: low is ", low, " and must be less than high, which is ", high});
  return tensor<T, S>::made(shape, [&](T* to) { fill_integers(random, to, shape.size(), low, high); });
}
/// Integers from 0 to high - 1.
template <Element T = std::int64_t, Shape S>
[[nodiscard]] tensor<T, S> randint(std::int64_t high, S shape, generator& random = default_generator()) {
  return randint<T>(0, high, shape, random);
}

/// The numbers 0 to n - 1 in random order, the one PyTorch draws from the same seed.
///   error  value_error where n is negative or T cannot hold n - 1
///   like   torch.randperm
template <Element T = std::int64_t>
  requires std::integral<T>
[[nodiscard]] tensor<T, shape<dyn>> randperm(extent n, generator& random = default_generator()) {
  return tensor<T, shape<dyn>>::made(shape<dyn>{detail::counted("randperm", n)}, [&](T* to) { fill_permutation(random, to, n); });
}
/// The same for a number that the type knows: randperm<10>() has shape<10>.
template <extent N, Element T = std::int64_t>
  requires(N >= 0 && std::integral<T>)
[[nodiscard]] tensor<T, shape<N>> randperm(generator& random = default_generator()) {
  return tensor<T, shape<N>>::made({}, [&](T* to) { fill_permutation(random, to, N); });
}

/// Zeros in the shape of x, and of its element type unless one is given. The result has no gradient.
///   like   torch.zeros_like
template <class T = void, detail::Model X>
[[nodiscard]] auto zeros_like(const X& x) {
  return detail::made_like<T>(x, []<class E>(auto shape, std::type_identity<E>) { return zeros<E>(shape); });
}
/// Ones in the shape of x.
///   like   torch.ones_like
template <class T = void, detail::Model X>
[[nodiscard]] auto ones_like(const X& x) {
  return detail::made_like<T>(x, []<class E>(auto shape, std::type_identity<E>) { return ones<E>(shape); });
}
/// `value` everywhere in the shape of x. Unlike in full, the element type is that of x.
///   error  value_error where the element type cannot hold the value
///   like   torch.full_like
template <class T = void, detail::Model X, Scalar V>
[[nodiscard]] auto full_like(const X& x, V value) {
  return detail::made_like<T>(x, [value]<class E>(auto shape, std::type_identity<E>) { return full<E>(shape, value); });
}
/// A tensor in the shape of x, to be written.
///   like   torch.empty_like
template <class T = void, detail::Model X>
[[nodiscard]] auto empty_like(const X& x) {
  return detail::made_like<T>(x, []<class E>(auto shape, std::type_identity<E>) { return empty<E>(shape); });
}
/// Numbers uniform in [0, 1) in the shape of x.
///   like   torch.rand_like
template <class T = void, detail::Model X>
[[nodiscard]] auto rand_like(const X& x, generator& random = default_generator()) {
  return detail::made_like<T>(x, [&random]<class E>(auto shape, std::type_identity<E>) { return rand<E>(shape, random); });
}
/// Standard normal numbers in the shape of x.
///   like   torch.randn_like
template <class T = void, detail::Model X>
[[nodiscard]] auto randn_like(const X& x, generator& random = default_generator()) {
  return detail::made_like<T>(x, [&random]<class E>(auto shape, std::type_identity<E>) { return randn<E>(shape, random); });
}

/// Braces with a given element type: as<double>({{1, 2}, {3, 4}}) is a tensor<double, shape<2, 2>>. Unequal rows and
/// numbers that T does not hold do not compile.
///   like   torch.tensor(..., dtype)
template <Element T, std::size_t N>
[[nodiscard]] tensor<T, shape<N>> as(const T (&rows)[N]) {
  return detail::from_rows<T, shape<N>>(rows);
}
template <Element T, std::size_t N, std::size_t M>
[[nodiscard]] tensor<T, shape<N, M>> as(const T (&rows)[N][M]) {
  return detail::from_rows<T, shape<N, M>>(rows);
}
template <Element T, std::size_t N, std::size_t M, std::size_t L>
[[nodiscard]] tensor<T, shape<N, M, L>> as(const T (&rows)[N][M][L]) {
  return detail::from_rows<T, shape<N, M, L>>(rows);
}
template <Element T, std::size_t N, std::size_t M, std::size_t L, std::size_t K>
[[nodiscard]] tensor<T, shape<N, M, L, K>> as(const T (&rows)[N][M][L][K]) {
  return detail::from_rows<T, shape<N, M, L, K>>(rows);
}

}  // namespace tessera
