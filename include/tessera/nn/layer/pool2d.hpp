// SPDX-License-Identifier: BSL-1.0
#pragma once
// Poolings as modules, for sequential.

#include <tessera/op/window/avg_pool2d.hpp>
#include <tessera/op/window/max_pool2d.hpp>

#include <tuple>

namespace tessera::nn {

namespace detail {
/// A pooling with its window and its options.
template <const auto& Pool, extent Size, class... Options>
class pool2d {
 public:
  pool2d()
    requires(is_known(Size))
  = default;
  /// With what the type does not know; options are given all, in the type's order.
  explicit pool2d(extent size, const Options&... options)
    requires(!is_known(Size))
      : window_(size), options_(options...) {}
  /// The same with a window that is not square.
  explicit pool2d(const window<>& size, const Options&... options)
    requires(!is_known(Size))
      : window_(size), options_(options...) {}

  [[nodiscard]] auto operator()(const auto& x) const {
    return std::apply([&](const auto&... options) { return Pool(x, window_, options...); }, options_);
  }
  void fields(auto&&) {}

 private:
  window<Size> window_;
  std::tuple<Options...> options_;
};
}  // namespace detail

/// The largest element of every window: max_pool2d<2>, max_pool2d<3, stride<2>, padding<1>>, or max_pool2d{size, stride{2}} with
/// sizes known only at run time, where window{3, 2} may be the size. like torch.nn.MaxPool2d
template <extent Size, class... Options>
struct max_pool2d : detail::pool2d<tessera::max_pool2d, Size, Options...> {
  using detail::pool2d<tessera::max_pool2d, Size, Options...>::pool2d;
};
template <class... Options>
max_pool2d(extent, Options...) -> max_pool2d<dyn, Options...>;
template <class... Options>
max_pool2d(window<>, Options...) -> max_pool2d<dyn, Options...>;

/// The average of every window, likewise. like torch.nn.AvgPool2d
template <extent Size, class... Options>
struct avg_pool2d : detail::pool2d<tessera::avg_pool2d, Size, Options...> {
  using detail::pool2d<tessera::avg_pool2d, Size, Options...>::pool2d;
};
template <class... Options>
avg_pool2d(extent, Options...) -> avg_pool2d<dyn, Options...>;
template <class... Options>
avg_pool2d(window<>, Options...) -> avg_pool2d<dyn, Options...>;

/// The averages of Size times Size windows, whatever the size of the image. like torch.nn.AdaptiveAvgPool2d
template <extent Size>
struct adaptive_avg_pool2d : detail::pool2d<tessera::adaptive_avg_pool2d, Size> {
  using detail::pool2d<tessera::adaptive_avg_pool2d, Size>::pool2d;
};
adaptive_avg_pool2d(extent) -> adaptive_avg_pool2d<dyn>;
adaptive_avg_pool2d(window<>) -> adaptive_avg_pool2d<dyn>;

}  // namespace tessera::nn
