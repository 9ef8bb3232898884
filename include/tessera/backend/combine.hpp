// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the elements along an axis become one.

#include <tessera/core/config.hpp>

namespace tessera::backend {

/// Addition, as reductions and adjoints need it.
struct plain_sum {
  static constexpr bool sums = true;
  template <class X>
  TESSERA_INLINE static constexpr X combine(X a, X b) {
    return a + b;
  }
};

}  // namespace tessera::backend
