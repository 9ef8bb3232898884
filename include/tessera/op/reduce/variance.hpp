// SPDX-License-Identifier: BSL-1.0
#pragma once
// var: composed of means, sums and an elementwise square, whose rules give its gradient.

#include <tessera/op/reduce/sum.hpp>

namespace tessera {

/// Options of var: correction 1 divides by n - 1 (Bessel's), 0 by n.
struct var_options {
  double correction = 1;
};

/// The variance over the given axes, or over all of them; NaN where there are too few elements.
///   grad   2 (x - mean)·dy / (n - correction)
///   cost   two passes over the operand
///   like   torch.var
struct var_fn {
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x, var_options options = {}) const {
    if constexpr (is_poison<X>) return poison{};
    else return (*this)(x, all_axes<shape_t<X>::rank>{}, options);
  }
  template <class X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...> over, var_options options = {}) const {
    return compute(x, over, options);
  }
  template <class X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...> over, keepdim_t keep, var_options options = {}) const {
    return compute(x, over, options, keep);
  }

 private:
  template <class X, class Axes, class... Keep>
  static constexpr auto compute(const X& x, Axes over, var_options options, Keep... keep) {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      const auto centre = mean(x, over, keepdim);
      if constexpr (is_poison<std::remove_cvref_t<decltype(centre)>>) {
        return poison{};
      } else {
        using T = element_t<decltype(centre)>;
        auto squares = sum(square(x - centre), over, keep...);
        extent n = 1;
        const extents all = detail::expression_of(x).shape().values();
        for (extent a : Axes::values) n *= all[static_cast<int>(a < 0 ? a + all.rank : a)];
        const double free = static_cast<double>(n) - options.correction;
        return detail::kept(squares / static_cast<T>(free < 0 ? 0.0 : free));
      }
    }
  }
};
inline constexpr var_fn var{};

}  // namespace tessera
