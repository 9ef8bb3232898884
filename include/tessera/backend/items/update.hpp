// SPDX-License-Identifier: BSL-1.0
#pragma once
// Updates of parameters as items: one element each.

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// update(spans, element, lanes), with registers of one number.
template <class Update, class Spans>
struct update_element {
  Update update;
  Spans spans;

  TESSERA_FN void operator()(extent i) const { update(spans, i, 1); }
};

/// The same with an update that is in memory.
template <class Update, class Spans>
struct update_element_from {
  const Update* update;
  Spans spans;

  TESSERA_FN void operator()(extent i) const {
    const Update own = *update;  // which no store changes
    own(spans, i, 1);
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
