// SPDX-License-Identifier: BSL-1.0
#pragma once
// What work on a GPU finds wrong with the numbers it is given. It writes that down where the processor can read it, and leaves out what
// it cannot do; whoever next waits for the GPU throws. So no check of numbers needs a wait of its own.

#include <tessera/core/config.hpp>

#include <cstdint>

namespace tessera::gpu {

/// The first thing that was wrong; memory that both the GPU and the processor reach.
struct fault {
  enum : int { none = 0, claimed = 1, label = 2, index = 3 };
  int kind;
  std::int64_t value, at, limit;

  /// Says that `given`, at `place`, is none of the numbers from 0 to `end` - 1. Only the first to say something is heard.
  TESSERA_FN void report(int what, std::int64_t given, std::int64_t place, std::int64_t end) {
#if defined(__CUDA_ARCH__)
    if (atomicCAS(&kind, none, claimed) != none) return;
#else
    if (kind != none) return;
#endif
    value = given;
    at = place;
    limit = end;
    kind = what;  // the processor reads when the work is done
  }
};

}  // namespace tessera::gpu
