// SPDX-License-Identifier: BSL-1.0
#pragma once
// Axis arguments: axis<1>, axes<0, -1>, and keepdim.

#include <tessera/shape/extents.hpp>

namespace tessera {

/// Axes as a type; negative ones count from the end.
template <int... A>
struct axis_list {
  static constexpr int size = sizeof...(A);
  static constexpr extents values{A...};
};

/// One axis: sum(x, axis<1>).
template <int A>
inline constexpr axis_list<A> axis{};

/// Several axes: sum(x, axes<0, 2>).
template <int... A>
inline constexpr axis_list<A...> axes{};

/// Asks a reduction to keep the reduced axes with extent 1, as keepdim=True does.
struct keepdim_t {};
inline constexpr keepdim_t keepdim{};

/// Are all axes inside [-rank, rank) and different?
[[nodiscard]] constexpr bool are_axes(const extents& list, int rank) {
  for (int i = 0; i < list.rank; ++i) {
    if (list[i] < -rank || list[i] >= rank) return false;
    for (int j = 0; j < i; ++j)
      if ((list[i] + rank) % rank == (list[j] + rank) % rank) return false;
  }
  return true;
}

/// A bit for each axis of the list.
[[nodiscard]] constexpr unsigned axis_mask(const extents& list, int rank) {
  unsigned mask = 0;
  for (extent a : list) mask |= 1U << static_cast<unsigned>(a < 0 ? a + rank : a);
  return mask;
}

}  // namespace tessera
