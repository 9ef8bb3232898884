// SPDX-License-Identifier: BSL-1.0
#pragma once
// The options of convolutions and poolings, as arguments and as template arguments of layers: stride<2> is known to the compiler,
// stride{2} when the program runs.

#include <tessera/backend/window.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/shape/rules.hpp>

#include <concepts>
#include <string>

namespace tessera {

namespace detail {
/// A number for the rows and one for the columns of an image.
template <extent Rows, extent Columns>
struct pair_option {
  static constexpr extent known_rows = Rows, known_columns = Columns;
  extent rows = Rows, columns = Columns;

  constexpr pair_option()
    requires(is_known(Rows) && is_known(Columns))
  = default;
  constexpr explicit pair_option(extent both)
    requires(!is_known(Rows) && !is_known(Columns))
      : rows(both), columns(both) {}
  constexpr pair_option(extent of_rows, extent of_columns)
    requires(!is_known(Rows) && !is_known(Columns))
      : rows(of_rows), columns(of_columns) {}
};
}  // namespace detail

/// The size of the window that a pooling looks through: window<2>, window<3, 2>, window{n}.
template <extent Rows = dyn, extent Columns = Rows>
struct window : detail::pair_option<Rows, Columns> {
  using detail::pair_option<Rows, Columns>::pair_option;
};
/// How far a window moves from result to result.
template <extent Rows = dyn, extent Columns = Rows>
struct stride : detail::pair_option<Rows, Columns> {
  using detail::pair_option<Rows, Columns>::pair_option;
};
/// How many rows and columns are added on each side of an image: zeros to a convolution and an average, nothing to a maximum.
template <extent Rows = dyn, extent Columns = Rows>
struct padding : detail::pair_option<Rows, Columns> {
  using detail::pair_option<Rows, Columns>::pair_option;
};
/// How far the elements of a window are apart.
template <extent Rows = dyn, extent Columns = Rows>
struct dilation : detail::pair_option<Rows, Columns> {
  using detail::pair_option<Rows, Columns>::pair_option;
};
window(extent) -> window<dyn, dyn>;
window(extent, extent) -> window<dyn, dyn>;
stride(extent) -> stride<dyn, dyn>;
stride(extent, extent) -> stride<dyn, dyn>;
padding(extent) -> padding<dyn, dyn>;
padding(extent, extent) -> padding<dyn, dyn>;
dilation(extent) -> dilation<dyn, dyn>;
dilation(extent, extent) -> dilation<dyn, dyn>;

namespace detail {
/// A number that the type knows, or that is given when the program runs.
template <extent Count>
struct count_option {
  static constexpr extent known = Count;
  extent count = Count;

  constexpr count_option()
    requires(is_known(Count))
  = default;
  constexpr explicit count_option(extent n)
    requires(!is_known(Count))
      : count(n) {}
};
}  // namespace detail

/// Into how many groups the channels fall; each is convolved by itself.
template <extent Count = dyn>
struct groups : detail::count_option<Count> {
  using detail::count_option<Count>::count_option;
};
groups(extent) -> groups<dyn>;

/// So much padding that a convolution gives as many results as an image has pixels; where that is odd, one more behind than before.
struct same_padding {};
/// No padding.
struct valid_padding {};
/// A last window that lies partly outside gives a result too.
struct ceil_mode {};
/// An average divides by the elements of its window that lie in the image, and not by all.
struct exclude_padding {};
/// What an average divides by, whatever its window covers: divisor_override<3>, divisor_override{n}.
template <extent Count = dyn>
struct divisor_override : detail::count_option<Count> {
  static_assert(Count != 0, "tessera::divisor_override: 0 divides nothing");
  using detail::count_option<Count>::count_option;
};
divisor_override(extent) -> divisor_override<dyn>;

namespace detail {

template <template <extent, extent> class Kind, class X>
inline constexpr bool is_pair_option = false;
template <template <extent, extent> class Kind, extent R, extent C>
inline constexpr bool is_pair_option<Kind, Kind<R, C>> = true;
template <class X>
inline constexpr bool is_divisor = false;
template <extent N>
inline constexpr bool is_divisor<divisor_override<N>> = true;
template <class X>
inline constexpr bool is_groups = false;
template <extent N>
inline constexpr bool is_groups<groups<N>> = true;

/// "[2, -1]": numbers that may be wrong, as they are.
[[nodiscard]] TESSERA_COLD_ONCE std::string both(const extents& x) { return message({'[', x[0], ", ", x[1], ']'}); }

/// The option of a kind among others, or what it is when it is not given.
template <template <extent, extent> class Kind, class Otherwise>
[[nodiscard]] constexpr Otherwise option_of(const Otherwise& otherwise) {
  return otherwise;
}
template <template <extent, extent> class Kind, class Otherwise, class First, class... Rest>
[[nodiscard]] constexpr auto option_of(const Otherwise& otherwise, const First& first, const Rest&... rest) {
  if constexpr (is_pair_option<Kind, First>) return first;
  else return option_of<Kind>(otherwise, rest...);
}
[[nodiscard]] constexpr groups<1> groups_of() { return {}; }
template <class First, class... Rest>
[[nodiscard]] constexpr auto groups_of(const First& first, const Rest&... rest) {
  if constexpr (is_groups<First>) return first;
  else return groups_of(rest...);
}
template <class X, class... All>
inline constexpr bool is_one_of = (false || ... || std::same_as<X, All>);

}  // namespace detail

/// An option of a pooling.
template <class X>
concept PoolingOption = detail::is_pair_option<stride, X> || detail::is_pair_option<padding, X> || detail::is_pair_option<dilation, X> ||
                        detail::is_divisor<X> || std::same_as<X, ceil_mode> || std::same_as<X, exclude_padding>;

namespace rule {

/// How many results a window gives along an axis; dyn where a number is unknown, -3 where the window does not fit.
inline constexpr extent no_window = -3;
[[nodiscard]] constexpr extent slid(extent input, extent kernel, extent stride, extent padding, extent dilation, bool ceil = false) {
  if (!is_known(kernel) || !is_known(stride) || !is_known(padding) || !is_known(dilation)) return dyn;
  const extent reach = dilation * (kernel - 1);
  if (!is_known(input)) return stride == 1 && reach == 2 * padding ? input : dyn;  // the same size, and the same name
  const extent room = input + 2 * padding - reach - 1;
  if (kernel < 1 || stride < 1 || dilation < 1 || room < 0) return no_window;
  const extent n = room / stride + 1;
  return ceil && room % stride != 0 && n * stride < input + padding ? n + 1 : n;  // the last window starts in the image
}

}  // namespace rule

}  // namespace tessera
