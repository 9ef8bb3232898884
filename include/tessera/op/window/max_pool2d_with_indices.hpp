// SPDX-License-Identifier: BSL-1.0
#pragma once
// max_pool2d_with_indices: the largest element of every window, and where it was.

#include <tessera/op/reduce/extremum.hpp>  // values_and_indices
#include <tessera/op/window/max_pool2d.hpp>

namespace tessera {

// A diagnosis: the place of a maximum is kept in one element, which has to hold the numbers of a window's elements.
template <class Element>
struct max_pool2d_places_need_four_bytes {};

namespace detail {

/// The maxima of the windows of x, the taps where they are, and the same as numbers of elements of their planes.
template <Element T>
struct found_maxima {
  any_tensor<T> values, taps;
  any_tensor<std::int64_t> places;

  found_maxima(const op::pooling_steps& steps, const any_tensor<T>& x) {
    const with_device on(x.hold.device());
    const extents shape = steps.pooled_shape("max_pool2d_with_indices", x.shape);
    values = any_tensor<T>::uninitialized(shape);
    taps = any_tensor<T>::uninitialized(shape);
    places = any_tensor<std::int64_t>::uninitialized(shape);
    const backend::pooling geometry = steps.geometry(x.shape, shape);
    backend::max_pool<T>(geometry, x.contiguous().data(), values.mutable_data(), taps.mutable_data());
    backend::places_found<T>(geometry, taps.data(), places.mutable_data());
  }
};

}  // namespace detail

/// The largest element of every window and its number in its plane, row · W + column, as int64: auto [values, indices] =
/// max_pool2d_with_indices(x, window<2>{}), with the options of max_pool2d. Of equals the first is found, of NaN the last.
///   shape  [N, C, H, W] or [C, H, W] -> [..., H', W'] both, as max_pool2d says
///   error  as max_pool2d; compile time: max_pool2d_places_need_four_bytes for elements of one byte
///   grad   dy to the element found; any order
///   like   torch.nn.functional.max_pool2d with return_indices=True
struct max_pool2d_with_indices_fn {
  template <class X, extent R, extent C, PoolingOption... Options>
    requires(!(false || ... || detail::is_divisor<Options>))
  [[nodiscard]] auto operator()(const X& x, const window<R, C>& w, const Options&... options) const {
    using None = values_and_indices<poison, poison>;
    if constexpr (is_poison<X>) {
      return None{};
    } else if constexpr (sizeof(element_t<X>) < 4) {
      static_cast<typename max_pool2d_places_need_four_bytes<element_t<X>>::error*>(nullptr);
      return None{};
    } else {
      const auto both = detail::pooled<max_pool2d_with_indices_fn, X>(
          [&]<class S>(const op::pooling_steps& steps) {
            using T = element_t<X>;
            const auto leaf = detail::as_leaf(x);
            detail::found_maxima<T> found(steps, erase(leaf));
            const auto gather = [&] {
              if constexpr (is_tracked<decltype(leaf)>) return structured<S, T>(op::gather_windows<T>{steps, std::move(found.taps)}, leaf);
              else return found.values.template as<S>();
            };
            return values_and_indices<decltype(gather()), tensor<std::int64_t, S>>{gather(), found.places.template as<S>()};
          },
          w, options...);
      if constexpr (is_poison<std::remove_const_t<decltype(both)>>) return None{};
      else return both;
    }
  }
};
inline constexpr max_pool2d_with_indices_fn max_pool2d_with_indices{};

}  // namespace tessera
