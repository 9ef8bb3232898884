// SPDX-License-Identifier: BSL-1.0
#pragma once
// Updates of parameters as items: one element each.

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// update(spans, element, lanes), with registers of one number. The update is held, or read in memory where `from` is not null.
template <class Update, class Spans>
struct update_element {
  Update update;
  const Update* from;
  Spans spans;

  TESSERA_FN void operator()(extent i) const {
    const Update own = from != nullptr ? *from : update;  // which no store changes
    own(spans, i, 1);
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
