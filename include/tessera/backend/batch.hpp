// SPDX-License-Identifier: BSL-1.0
#pragma once
// The axes of a product of many matrices.

#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

namespace tessera::backend {

/// Products over leading axes: how far one step along each goes in either operand, 0 where that is stretched. Results lie one after the other.
struct batch {
  int rank = 0;
  extent n[max_rank] = {}, a[max_rank] = {}, b[max_rank] = {};

  [[nodiscard]] TESSERA_FN constexpr extent count() const noexcept {
    extent all = 1;
    for (int i = 0; i < rank; ++i) all *= n[i];
    return all;
  }
  /// How far the operands of product number i are from the first ones.
  TESSERA_FN constexpr void locate(extent i, extent& from_a, extent& from_b) const noexcept {
    from_a = from_b = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const extent at = i % n[axis];
      from_a += at * a[axis];
      from_b += at * b[axis];
      i /= n[axis];
    }
  }
};

/// The batch over axes of these extents: those of one element dropped, neighbours merged where both operands allow it.
[[nodiscard]] TESSERA_ONCE batch make_batch(const extents& n, const extents& a, const extents& b) {
  batch all;
  for (int i = 0; i < n.rank; ++i) {
    if (n[i] == 1) continue;
    const int last = all.rank - 1;
    if (last >= 0 && all.a[last] == a[i] * n[i] && all.b[last] == b[i] * n[i]) {
      all.n[last] *= n[i], all.a[last] = a[i], all.b[last] = b[i];
    } else {
      all.n[all.rank] = n[i], all.a[all.rank] = a[i], all.b[all.rank] = b[i];
      ++all.rank;
    }
  }
  return all;
}

}  // namespace tessera::backend
