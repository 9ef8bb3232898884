// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which dtype a mixture gives: PyTorch's rules.

#include <tessera/numeric/dtype.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace tessera {

namespace detail {

// bool < integer < floating point; within the integers, uint8 < int32 < int64 (uint8 fits in both).
template <class T>
inline constexpr int category = std::same_as<T, bool> ? 0 : std::is_integral_v<T> ? 1 : 2;

template <Element T>
inline constexpr int promotion_rank = std::same_as<T, bool>           ? 0
                                      : std::same_as<T, std::uint8_t> ? 1
                                      : std::same_as<T, std::int32_t> ? 2
                                      : std::same_as<T, std::int64_t> ? 3
                                      : std::same_as<T, float>        ? 4
                                                                      : 5;

template <int Category>
struct default_dtype {
  using type = bool;
};
template <>
struct default_dtype<1> {
  using type = std::int64_t;
};
template <>
struct default_dtype<2> {
  using type = float;
};

template <class T, class S>
struct weak_promotion {
  using type = std::conditional_t<(category<S> > category<T>), typename default_dtype<category<S>>::type, T>;
};

}  // namespace detail

/// The dtype of an operation on tensors of A and B. like torch.promote_types
template <Element A, Element B>
using promote_t = std::conditional_t<(detail::promotion_rank<A> >= detail::promotion_rank<B>), A, B>;

/// The dtype of an operation on a tensor of T and a number of type S: T unless the number is of a higher category, and then
/// that category's default, int64 or float32. like torch.result_type
template <Element T, class S>
using weak_promote_t = typename detail::weak_promotion<T, S>::type;

/// T itself where it is floating point, otherwise float32.
template <class T>
using floating_t = std::conditional_t<std::is_floating_point_v<T>, T, float>;

/// The dtype of a sum of T: int64 for every integer and bool.
template <Element T>
using sum_t = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;

/// What long sums of T are carried in.
template <class T>
using accumulate_t = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

}  // namespace tessera
