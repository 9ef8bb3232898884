// SPDX-License-Identifier: BSL-1.0
#pragma once
// What poolings share: their shape rule, at compile time and at run time.

#include <tessera/op/structured.hpp>
#include <tessera/op/window/options.hpp>

namespace tessera {

// A diagnosis: the compiler names it where the images of a pooling have not the axes [N, C, H, W] or [C, H, W], where the window
// is larger than the padded image, or where the padding is more than half of the window.
template <class Operation, class Input>
struct shape_does_not_fit {};

namespace op {

/// How a pooling moves its window over images.
struct pooling_steps {
  extents window, stride, padding{0, 0}, dilation{1, 1};
  bool ceil = false;

  [[nodiscard]] backend::sliding axis(int i, extent input, extent output) const { return {input, output, window[i], stride[i], padding[i], dilation[i]}; }
  /// The geometry of x [..., H, W] and its y.
  [[nodiscard]] backend::pooling geometry(const extents& x, const extents& y) const {
    const int r = x.rank - 2;
    extents lead = x;
    lead.rank = r;
    return {count(lead), axis(0, x[r], y[r]), axis(1, x[r + 1], y[r + 1])};
  }
  /// The shape of the result.
  ///   error  value_error for numbers that cannot be, shape_error that names the shape and the axis
  [[nodiscard]] TESSERA_COLD_ONCE extents pooled_shape(const char* name, const extents& x) const {
    for (int i = 0; i < 2; ++i)
      if (window[i] < 1 || stride[i] < 1 || dilation[i] < 1 || padding[i] < 0 || 2 * padding[i] > dilation[i] * (window[i] - 1) + 1)
        raise<value_error>({"tessera::", name, ": window ", tessera::detail::both(window), ", stride ", tessera::detail::both(stride), " and dilation ",
                           tessera::detail::both(dilation), " must be at least 1, and padding ", tessera::detail::both(padding),
                           " at most half of the window"});
    extents y = x;
    for (int i = 0; i < 2; ++i) {
      const int axis = x.rank - 2 + i;
      y[axis] = rule::slid(x[axis], window[i], stride[i], padding[i], dilation[i], ceil);
      if (y[axis] == rule::no_window)
        raise<shape_error>({"tessera::", name, ": the window ", tessera::detail::both(window), " is larger than an input of shape ", x,
                           " with its padding at axis ", axis});
      if (dilation[i] == 1 && x[axis] > 0) continue;  // every window then has an element
      const backend::sliding s = this->axis(i, x[axis], y[axis]);
      for (extent o = 0; o < y[axis]; ++o)
        if (s.first_tap(o) >= s.last_tap(o))
          raise<shape_error>({"tessera::", name, ": of an input of shape ", x, " result ", o, " at axis ", axis, " would be of padding alone"});
    }
    return y;
  }
};

}  // namespace op

namespace detail {

/// The shape of a pooling as far as the compiler knows it.
template <class X, class W, class S, class P, class D, bool Ceil>
struct pool_rule {
  static constexpr int rank = X::rank;
  static constexpr bool images = rank == 3 || rank == 4;
  [[nodiscard]] static constexpr bool covers(extent window, extent padding, extent dilation) {
    return !is_known(window) || !is_known(padding) || !is_known(dilation) || 2 * padding <= dilation * (window - 1) + 1;
  }
  static constexpr bool half = covers(W::known_rows, P::known_rows, D::known_rows) && covers(W::known_columns, P::known_columns, D::known_columns);
  static constexpr extents pattern = [] {
    extents y = X::pattern;
    if (images) {
      y[rank - 2] = rule::slid(y[rank - 2], W::known_rows, S::known_rows, P::known_rows, D::known_rows, Ceil);
      y[rank - 1] = rule::slid(y[rank - 1], W::known_columns, S::known_columns, P::known_columns, D::known_columns, Ceil);
    }
    return y;
  }();
  static constexpr bool fits = images && half && pattern[images ? rank - 2 : 0] != rule::no_window && pattern[images ? rank - 1 : 0] != rule::no_window;
};

/// The stride of a pooling that was given none: its window's size.
template <extent R, extent C>
[[nodiscard]] constexpr stride<R, C> stride_like(const window<R, C>& w) {
  if constexpr (is_known(R) && is_known(C)) return {};
  else return {w.rows, w.columns};
}

/// Reads the options and calls f.operator()<shape of the result>(steps); Operation names the diagnosis.
template <class Operation, class X, extent R, extent C, class F, class... Options>
[[nodiscard]] auto pooled(const F& f, const tessera::window<R, C>& w, const Options&... options) {
  const auto s = option_of<stride>(stride_like(w), options...);
  const auto p = option_of<padding>(padding<0>{}, options...);
  const auto d = option_of<dilation>(dilation<1>{}, options...);
  constexpr bool ceil = is_one_of<ceil_mode, Options...>;
  using Rule = pool_rule<shape_t<X>, tessera::window<R, C>, std::remove_const_t<decltype(s)>, std::remove_const_t<decltype(p)>, std::remove_const_t<decltype(d)>, ceil>;
  if constexpr (!Rule::fits) {
    static_cast<typename shape_does_not_fit<Operation, shape_t<X>>::error*>(nullptr);
    return poison{};
  } else {
    return f.template operator()<shape_of<Rule>>(op::pooling_steps{{w.rows, w.columns}, {s.rows, s.columns}, {p.rows, p.columns}, {d.rows, d.columns}, ceil});
  }
}

}  // namespace detail

}  // namespace tessera
