// SPDX-License-Identifier: BSL-1.0
#pragma once
// dropout: a product with a mask that is a function of the position, computed again in the backward sweep and never stored.

#include <tessera/numeric/random.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/storage/random_stream.hpp>

namespace tessera {
namespace op {

/// The elements of a dropout mask: `scale` with the probability threshold / 2^32, else 0.
template <std::floating_point T>
struct random_mask {
  using generated_tag = void;
  philox numbers;
  std::uint32_t threshold;
  T scale;

  /// The mask that leaves out with probability p and scales what it keeps. (p of 0 keeps all: every number is below the threshold but one
  /// in 2^32, so that case has a mask of its own.)
  [[nodiscard]] static random_mask of(const philox& numbers, double p) {
    const double keep = 1 - p;
    return {numbers, static_cast<std::uint32_t>(keep >= 1 ? 0xffffffffu : keep * 0x1p32), static_cast<T>(keep > 0 ? 1 / keep : 0)};
  }

  /// The elements from `index` on, one for each lane.
  template <class V>
  [[nodiscard]] TESSERA_FN V load(extent index) const {
    constexpr int lanes = backend::width<V>;
    const std::uint64_t first = static_cast<std::uint64_t>(index) / 4;
    const int skip = static_cast<int>(index % 4);
    if constexpr (lanes == 1) {
      return V(numbers.block(first).word[skip] < threshold ? scale : T(0));
    } else {
      std::uint32_t words[lanes + 4];
      for (int b = 0; b < (skip + lanes + 3) / 4; ++b) {
        const philox_block block = numbers.block(first + static_cast<std::uint64_t>(b));
        for (int i = 0; i < 4; ++i) words[4 * b + i] = block.word[i];
      }
      T mask[lanes];
      for (int i = 0; i < lanes; ++i) mask[i] = words[skip + i] < threshold ? scale : T(0);
      return backend::load<V>(mask);
    }
  }
};

}  // namespace op

/// x with each element set to 0 with probability p, and the others divided by 1 - p.
///   dtype  floating point
///   error  value_error unless 0 <= p <= 1
///   grad   dy through the same mask, which is computed again
///   cost   a lazy product; ten rounds of Philox for four elements
///   like   torch.nn.functional.dropout, with other random numbers: they come from Philox, not from the stream that
///          initialises weights, and are the same on every device
struct dropout_fn {
  template <class X>
  [[nodiscard]] auto operator()(const X& x, double p, generator& random = default_generator()) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using T = element_t<X>;
      using S = shape_t<X>;
      using mask = generated<op::random_mask<T>, S>;
      static_assert(std::is_floating_point_v<T>, "tessera::dropout: only floating-point elements can be scaled");
      if (!(p >= 0 && p <= 1)) raise<value_error>({"tessera::dropout: the probability ", p, " must be in [0, 1]"});
      auto e = detail::child<T, S, (detail::steps_of<X> >= fusion_cap)>(x);
      const S shape = e.shape();
      const auto values = op::random_mask<T>::of(detail::next_numbers(random), p);
      return map<op::multiply, T, S, decltype(e), mask>{shape, {{std::move(e)}, {mask{values, shape}}}};
    }
  }
};
inline constexpr dropout_fn dropout{};

}  // namespace tessera
