// SPDX-License-Identifier: BSL-1.0
#pragma once
// max_pool2d: the largest element of every window.

#include <tessera/backend/max_pool.hpp>
#include <tessera/op/elementwise/activation.hpp>
#include <tessera/op/reduce/axes.hpp>  // kept
#include <tessera/op/window/pooled.hpp>

namespace tessera {
namespace op {

// What the maxima were is a linear choice of elements, and so is its adjoint: they are each other's gradient.
template <std::floating_point T>
struct gather_windows;

/// The elements of y added to zeros of x's shape where their windows found them.
template <std::floating_point T>
struct scatter_windows {
  static constexpr const char* name = "max_pool2d_gradient";
  static constexpr bool keeps = false, keeps_result = false;
  pooling_steps steps;
  any_tensor<T> taps;
  extents shape;

  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& dy) const {
    any_tensor<T> dx = any_tensor<T>::uninitialized(shape);
    backend::scatter_found<T>(steps.geometry(shape, taps.shape), taps.data(), dy.contiguous().data(), dx.mutable_data());
    return dx;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V&, const V&) const {
    return cotangents{[&] { return apply(gather_windows<T>{steps, taps}, h); }, no_gradient{}};
  }
};
template <std::floating_point T>
struct gather_windows {
  static constexpr const char* name = "max_pool2d_choice";
  static constexpr bool keeps = false, keeps_result = false;
  pooling_steps steps;
  any_tensor<T> taps;

  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = any_tensor<T>::uninitialized(taps.shape);
    backend::gather_found<T>(steps.geometry(x.shape, taps.shape), taps.data(), x.contiguous().data(), y.mutable_data());
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(scatter_windows<T>{steps, taps, x.shape()}, g); }, no_gradient{}};
  }
};

/// The maximum of each window of x [..., H, W].
template <Element T>
struct max_pool2d {
  static constexpr const char* name = "max_pool2d";
  static constexpr bool keeps = false, keeps_result = false;
  pooling_steps steps;
  any_tensor<T> taps{};  // which element of its window each maximum is

  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) {
    any_tensor<T> y = any_tensor<T>::uninitialized(steps.pooled_shape(name, x.shape));
    constexpr bool remembers = std::is_floating_point_v<T>;
    if (remembers) taps = any_tensor<T>::uninitialized(y.shape);
    backend::max_pool<T>(steps.geometry(x.shape, y.shape), x.contiguous().data(), y.mutable_data(), remembers ? taps.mutable_data() : nullptr);
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(scatter_windows<T>{steps, taps, x.shape()}, g); }, no_gradient{}};
  }
  void release() { taps = {}; }
};

}  // namespace op

namespace detail {
template <class X>
inline constexpr bool is_relu = false;
template <class T, class S, class X>
inline constexpr bool is_relu<map<op::relu, T, S, X>> = true;
}  // namespace detail

/// The largest element of every window: max_pool2d(x, window<2>{}), with options behind in any order: stride (otherwise the size
/// of the window), padding, dilation, ceil_mode{}. Padding is never the largest; NaN is.
///   shape  [N, C, H, W] or [C, H, W] -> [..., H', W'] with H' = (H + 2·padding - dilation·(h - 1) - 1) / stride + 1
///   error  compile time: shape_does_not_fit<max_pool2d_fn, Input>; run time: shape_error, value_error
///   grad   dy to the element found, the first of equals; any order
///   cost   one pass over x; the place of each maximum is kept for the gradient, in one element
///   like   torch.nn.functional.max_pool2d
struct max_pool2d_fn {
  template <class X, extent R, extent C, PoolingOption... Options>
    requires(!(false || ... || detail::is_divisor<Options>))
  [[nodiscard]] auto operator()(const X& x, const window<R, C>& w, const Options&... options) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else if constexpr (detail::is_relu<X>) {
      // The maximum of relu is relu of the maximum, and where that is 0 both give no gradient: relu then reads and writes as few
      // elements as there are windows.
      return x.operands.apply([&](const auto& y) {
        const auto largest = (*this)(y, w, options...);
        if constexpr (is_poison<std::remove_const_t<decltype(largest)>>) return largest;
        else return detail::kept(relu(largest));
      });
    } else {
      using T = element_t<X>;
      return detail::pooled<max_pool2d_fn, X>([&]<class S>(const op::pooling_steps& steps) { return structured<S, T>(op::max_pool2d<T>{steps}, x); }, w, options...);
    }
  }
};
inline constexpr max_pool2d_fn max_pool2d{};

}  // namespace tessera
