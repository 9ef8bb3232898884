// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the losses of single elements become the loss of a batch.

#include <tessera/op/reduce/sum.hpp>

namespace tessera {

// A diagnosis: the compiler names it where a loss is given operands of different shapes.
template <class Loss, class Input, class Target>
struct loss_shapes_do_not_fit {};

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
template <Shape X, Shape Y>
inline constexpr bool same_shape = [] {
  bool all = X::rank == Y::rank;
  for (int i = 0; all && i < X::rank; ++i) all = rule::may_equal(X::pattern[i], Y::pattern[i]);
  return all;
}();

}  // namespace detail
}  // namespace nn
}  // namespace tessera
