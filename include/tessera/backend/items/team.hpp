// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rows as items: the lanes of a team go along a row together. On a GPU a team is a warp, so that neighbouring lanes read
// neighbouring memory; on a processor it is one lane.

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

/// Work on whole rows, f(row, team), in the form of items.
template <class F>
struct rows {
  using row_work = F;
  F f;
  TESSERA_FN void operator()(extent row) const { f(row, alone{}); }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
