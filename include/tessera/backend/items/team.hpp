// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rows as items: the lanes of a team go along a row together. On a GPU a team is one thread, a part of a warp, a warp or a block, so
// that neighbouring lanes read neighbouring memory; on a processor it is one lane.

#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// A team of one lane. Work on a row is a loop over j = team.lane(), j += team.lanes().
struct alone {
  [[nodiscard]] TESSERA_FN static constexpr int lane() { return 0; }
  [[nodiscard]] TESSERA_FN static constexpr int lanes() { return 1; }
  /// What Combine::combine makes of the values of all lanes, for every lane. The same order on every run.
  template <class Combine, class X>
  [[nodiscard]] TESSERA_FN static constexpr X combine(X x) {
    return x;
  }
};

/// How many lanes of a GPU go along each of n rows of so many elements. The order in which a team combines depends on its lanes: so
/// they follow from extents alone.
[[nodiscard]] constexpr int lanes_of_team(extent n, extent length) noexcept {
  constexpr extent enough = 2048;  // warps that fill a GPU
  if (length <= 2) return 1;
  if (length <= 16) return 8;
  if (length >= 8192) return 512;
  return length >= 1024 || (length >= 256 && n < enough) ? 256 : 32;
}

/// Work on whole rows, f(row, team), in the form of items.
template <class F>
struct rows {
  using row_work = F;
  F f;
  extent length;  // of a row, in elements that lanes share; 1 where one lane does all
  TESSERA_FN void operator()(extent row) const { f(row, alone{}); }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
