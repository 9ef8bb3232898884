// SPDX-License-Identifier: BSL-1.0
#pragma once
// avg_pool2d and adaptive_avg_pool2d: the average of every window.

#include <tessera/backend/average_pool.hpp>
#include <tessera/op/window/pooled.hpp>

namespace tessera {
namespace op {

/// How windows lie over images and what an average divides by. The windows of an adaptive one follow from both shapes.
struct averaging_steps {
  pooling_steps steps;
  bool counts_padding = true, adaptive = false;
  extent divisor = 0;  // what to divide by, if not by what a window covers

  [[nodiscard]] backend::averaging geometry(const extents& x, const extents& y) const { return {steps.geometry(x, y), counts_padding, adaptive, divisor}; }
};

// Linear in its operand, and so is its adjoint.
struct avg_pool2d;
struct spread_average {
  static constexpr const char* name = "avg_pool2d_gradient";
  static constexpr bool keeps = false, keeps_result = false;
  averaging_steps steps;
  extents shape;  // of x

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& dy) const {
    any_tensor<T> dx = any_tensor<T>::uninitialized(shape);
    backend::spread_average<T>(steps.geometry(shape, dy.shape), dy.contiguous().data(), dx.mutable_data());
    return dx;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V& dy, const V&) const;
};

/// The average of each window of x [..., H, W].
struct avg_pool2d {
  static constexpr const char* name = "avg_pool2d";
  static constexpr bool keeps = false, keeps_result = false;
  averaging_steps steps;
  extents size{};  // of an adaptive one's result

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = any_tensor<T>::uninitialized(steps.adaptive ? resized(x.shape) : steps.steps.pooled_shape(name, x.shape));
    backend::average_pool<T>(steps.geometry(x.shape, y.shape), x.contiguous().data(), y.mutable_data());
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(spread_average{steps, x.shape()}, g); }, no_gradient{}};
  }

 private:
  [[nodiscard]] TESSERA_COLD_ONCE extents resized(const extents& x) const {
    extents y = x;
    for (int i = 0; i < 2; ++i) {
      const int axis = x.rank - 2 + i;
      if (size[i] < 1) raise<value_error>({"tessera::adaptive_avg_pool2d: the size ", tessera::detail::both(size), " must be at least 1"});
      if (x[axis] == 0) raise<shape_error>({"tessera::adaptive_avg_pool2d: an input of shape ", x, " has nothing to average at axis ", axis});
      y[axis] = size[i];
    }
    return y;
  }
};

template <class V>
auto spread_average::vjp(const V& h, const V& dy, const V&) const {
  const extents& y = dy.shape();
  return cotangents{[=, *this] { return apply(avg_pool2d{steps, {y[y.rank - 2], y[y.rank - 1]}}, h); }, no_gradient{}};
}

}  // namespace op

namespace detail {
/// The divisor among options; 0 where there is none.
[[nodiscard]] constexpr extent divisor_among() { return 0; }
template <class First, class... Rest>
[[nodiscard]] constexpr extent divisor_among(const First& first, const Rest&... rest) {
  if constexpr (is_divisor<First>) {
    if (first.count == 0) raise<value_error>({"tessera::avg_pool2d: divisor_override is 0, and nothing can be divided by it"});
    return first.count;
  } else {
    return divisor_among(rest...);
  }
}
}  // namespace detail

/// The average of every window: avg_pool2d(x, window<2>{}), with options behind in any order: stride (otherwise the size of the
/// window), padding, ceil_mode{}, exclude_padding{}, divisor_override{n}. Without the last two, padding counts as zeros.
///   shape  [N, C, H, W] or [C, H, W] -> [..., H', W'] with H' = (H + 2·padding - h) / stride + 1; integers become floats
///   error  compile time: shape_does_not_fit<avg_pool2d_fn, Input>; run time: shape_error, value_error
///   grad   dy spread evenly over its window; any order
///   like   torch.nn.functional.avg_pool2d
struct avg_pool2d_fn {
  template <class X, extent R, extent C, PoolingOption... Options>
    requires(!(false || ... || detail::is_pair_option<dilation, Options>))
  [[nodiscard]] auto operator()(const X& x, const window<R, C>& w, const Options&... options) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      const auto run = [&]<class S>(const op::pooling_steps& steps) {
        return structured<S, floating_t<element_t<X>>>(op::avg_pool2d{{steps, !detail::is_one_of<exclude_padding, Options...>, false, detail::divisor_among(options...)}}, x);
      };
      return detail::pooled<avg_pool2d_fn, X>(run, w, options...);
    }
  }
};
inline constexpr avg_pool2d_fn avg_pool2d{};

/// The averages of as many windows as the result shall have, whatever the size of x: adaptive_avg_pool2d(x, window<1>{}) is the
/// mean of each plane. Output o of n covers the elements from o·H / n, rounded down, to (o + 1)·H / n, rounded up.
///   shape  [N, C, H, W] or [C, H, W] -> [..., R, C]; integers become floats
///   error  compile time: shape_does_not_fit<adaptive_avg_pool2d_fn, Input>; run time: shape_error, value_error
///   grad   dy spread evenly over its window; any order
///   like   torch.nn.functional.adaptive_avg_pool2d
struct adaptive_avg_pool2d_fn {
  template <class X, extent R, extent C>
  [[nodiscard]] auto operator()(const X& x, const window<R, C>& size) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else if constexpr (shape_t<X>::rank != 3 && shape_t<X>::rank != 4) {
      static_cast<typename shape_does_not_fit<adaptive_avg_pool2d_fn, shape_t<X>>::error*>(nullptr);
      return poison{};
    } else {
      const op::pooling_steps unused{{1, 1}, {1, 1}};
      return structured<shape_of<resized<shape_t<X>, R, C>>, floating_t<element_t<X>>>(op::avg_pool2d{{unused, true, true}, {size.rows, size.columns}}, x);
    }
  }

 private:
  template <class S, extent R, extent C>
  struct resized {
    static constexpr extents pattern = [] {
      extents y = S::pattern;
      y[y.rank - 2] = R;
      y[y.rank - 1] = C;
      return y;
    }();
  };
};
inline constexpr adaptive_avg_pool2d_fn adaptive_avg_pool2d{};

}  // namespace tessera
