// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the losses of single elements become the loss of a batch.

#include <tessera/op/reduce/sum.hpp>

namespace tessera {

// Never defined: the compiler names it where a loss is given operands of different shapes.
template <class Loss, class Input, class Target>
struct loss_shapes_do_not_fit;

namespace nn {

/// The mean of the losses (the default), their sum, or each by itself.
struct mean_reduction_t {};
inline constexpr mean_reduction_t mean_reduction{};
struct sum_reduction_t {};
inline constexpr sum_reduction_t sum_reduction{};
struct no_reduction_t {};
inline constexpr no_reduction_t no_reduction{};

template <class R>
concept Reduction = std::same_as<R, mean_reduction_t> || std::same_as<R, sum_reduction_t> || std::same_as<R, no_reduction_t>;

namespace detail {

template <Reduction R, class X>
[[nodiscard]] auto reduced(R, const X& losses) {
  if constexpr (is_poison<X>) return poison{};
  else if constexpr (std::same_as<R, mean_reduction_t>) return mean(losses);
  else if constexpr (std::same_as<R, sum_reduction_t>) return sum(losses);
  else return tessera::detail::kept(losses);
}

/// The law of elementwise losses: one shape for both.
template <class Loss, class X, class Y>
[[nodiscard]] constexpr bool same_shape() {
  constexpr bool fits = [] {
    constexpr auto both = rule::broadcast(shape_t<X>::pattern, shape_t<Y>::pattern);
    return both.has_value() && shape_t<X>::rank == shape_t<Y>::rank && both->rank == shape_t<X>::rank && [] {
      for (int i = 0; i < shape_t<X>::rank; ++i)
        if (!rule::may_equal(shape_t<X>::pattern[i], shape_t<Y>::pattern[i])) return false;
      return true;
    }();
  }();
  expect<fits, loss_shapes_do_not_fit<Loss, shape_t<X>, shape_t<Y>>>();
  return fits;
}

}  // namespace detail
}  // namespace nn
}  // namespace tessera
