// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which leaves' adjoints can be written by one launch. Nothing here is a template.

#include <tessera/backend/items/cut.hpp>

#if TESSERA_RUNS_ITEMS

#include <bit>
#include <cstdint>

namespace tessera::backend::items {

/// Do two operands reach the same elements in different items? Through one map they meet in the same item.
[[nodiscard]] TESSERA_ONCE bool meet_elsewhere(const plan& p, const operand& a, const operand& b) {
  bool same = a.data == b.data && a.element_size == b.element_size;
  const char *first[2] = {static_cast<const char*>(a.data), static_cast<const char*>(b.data)}, *last[2] = {first[0] + a.element_size, first[1] + b.element_size};
  for (int i = 0; i < p.rank; ++i) {
    if (p.n[i] == 1) continue;
    same = same && a.stride[i] == b.stride[i];
    const extent reach[2] = {(p.n[i] - 1) * a.stride[i] * a.element_size, (p.n[i] - 1) * b.stride[i] * b.element_size};
    for (int k = 0; k < 2; ++k) (reach[k] < 0 ? first[k] : last[k]) += reach[k];
  }
  return !same && first[0] < last[1] && first[1] < last[0];
}

/// Leaves whose adjoints one launch gives: bits of those that are written at each element, and of those that are added up over `axes` at least.
struct group_of_leaves {
  unsigned axes = 0;
  std::uint64_t direct = 0, summed = 0;
};

/// The next group of those in `left`. `places`: of the adjoints of `count` leaves.
[[nodiscard]] TESSERA_ONCE group_of_leaves group_leaves(const plan& p, const operand* places, int count, std::uint64_t left) {
  group_of_leaves group;
  for (int leaf = 0; leaf < count; ++leaf)
    if ((left >> leaf & 1) != 0)
      if (const unsigned own = stretched_axes(p, places[leaf]); own != 0 && (group.axes == 0 || std::popcount(own) < std::popcount(group.axes))) group.axes = own;
  for (int leaf = 0; leaf < count; ++leaf) {
    if ((left >> leaf & 1) == 0) continue;
    const unsigned own = stretched_axes(p, places[leaf]);
    bool joins = own == 0 || (own & group.axes) == group.axes;
    for (int other = 0; joins && other < leaf; ++other)
      if (((group.direct | group.summed) >> other & 1) != 0) joins = !meet_elsewhere(p, places[leaf], places[other]);
    if (joins) (own == 0 ? group.direct : group.summed) |= std::uint64_t{1} << leaf;
  }
  return group;
}

/// Has a leaf's sum parts, of several items or of several results, that are added in a launch of its own?
[[nodiscard]] inline bool needs_partial_sums(const plan& p, const operand& place, const group_of_leaves& group, const cut_plan& cut, int leaf) {
  return (group.summed >> leaf & 1) != 0 && (cut.by.parts != 1 || stretched_axes(p, place) != group.axes);
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
