// SPDX-License-Identifier: BSL-1.0
#pragma once
// Writing past the caches: a result that no cache holds is not worth reading its old lines for.

#include <tessera/shape/extents.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tessera::backend {

/// Results of at least so many bytes are written past the caches.
inline constexpr extent streamed_bytes = extent{1} << 23;

/// Orders what was written past the caches before what follows.
inline void end_stream() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace tessera::backend
