// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the sums of a reduction are divided among items: by the extents alone, so that each run adds in the same order.

#include <tessera/backend/plan.hpp>
#include <tessera/core/config.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// How many share each of `kept` results of `reduced` elements, so that there are `enough` of them, each with `least` elements or more.
[[nodiscard]] constexpr extent parts_of(extent kept, extent reduced, extent enough, extent least) noexcept {
  if (kept >= enough || reduced <= 2 * least) return 1;
  const extent wanted = (enough + kept - 1) / kept, possible = reduced / least;
  return wanted < possible ? wanted : possible;
}
/// The number of items, side by side, that do.
[[nodiscard]] constexpr extent parts_across(extent kept, extent reduced) noexcept { return parts_of(kept, reduced, 1 << 16, 8); }
/// The number of teams, whose lanes go along the elements.
[[nodiscard]] constexpr extent parts_along(extent kept, extent reduced) noexcept { return parts_of(kept, reduced, 1 << 10, 1 << 12); }

/// Results of `reduced` elements each, which `parts` items share. Where the innermost axis is reduced teams go along it; else neighbouring
/// items have neighbouring results, and each is a lone lane. Either way neighbouring lanes read neighbouring memory.
struct cut {
  extent kept, reduced, parts;
  bool along;

  [[nodiscard]] TESSERA_FN extent result_of(extent item) const { return parts == 1 ? item : along ? item / parts : item % kept; }
  [[nodiscard]] TESSERA_FN extent part_of(extent item) const { return parts == 1 ? 0 : along ? item % parts : item / kept; }
  /// The elements that one item combines, each lane of its team its share: for (r = first; r < reduced; r += step).
  template <class Team>
  [[nodiscard]] TESSERA_FN extent first_of(extent part, const Team& team) const { return part * team.lanes() + team.lane(); }
  template <class Team>
  [[nodiscard]] TESSERA_FN extent step_of(const Team& team) const { return parts * team.lanes(); }

  [[nodiscard]] extent items() const { return kept * parts; }
  /// The elements that the lanes of a team share.
  [[nodiscard]] extent length() const { return along ? (reduced + parts - 1) / parts : 1; }
};

/// The axes of a plan, those that are kept first, and how what is reduced is divided.
struct cut_plan {
  int order[max_rank] = {};
  int kept_axes = 0;
  cut by{1, 1, 1, false};

  /// Bit i of `reduced`: axis i is reduced.
  cut_plan(const plan& p, unsigned reduced) {
    int axes = 0;
    for (int i = 0; i < p.rank; ++i)
      if ((reduced >> i & 1U) == 0) order[axes++] = i, by.kept *= p.n[i];
    kept_axes = axes;
    for (int i = 0; i < p.rank; ++i)
      if ((reduced >> i & 1U) != 0) order[axes++] = i, by.reduced *= p.n[i];
    by.along = (reduced >> (p.rank - 1) & 1U) != 0;
    by.parts = by.along ? parts_along(by.kept, by.reduced) : parts_across(by.kept, by.reduced);
  }
};

/// The axes on which an operand does not move.
[[nodiscard]] inline unsigned stretched_axes(const plan& p, const operand& o) {
  unsigned all = 0;
  for (int i = 0; i < p.rank; ++i)
    if (o.stride[i] == 0 && p.n[i] > 1) all |= 1U << i;
  return all;
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
