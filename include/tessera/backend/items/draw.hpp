// SPDX-License-Identifier: BSL-1.0
#pragma once
// Numbers that follow from their position, as items.

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// to[i] = numbers.load<T>(i).
template <class Numbers, class T>
struct draw {
  Numbers numbers;
  T* to;
  TESSERA_FN void operator()(extent i) const { to[i] = numbers.template load<T>(i); }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
