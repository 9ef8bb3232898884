// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that is fetched while a loop computes, a little at a time. A cache line that comes from afar keeps one of 10 to 16 places that what is
// near needs too: many at once hold the loop up, as none do.

#include <tessera/shape/extents.hpp>

#include <algorithm>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// Runs of memory, in pieces of two cache lines.
template <class T>
struct runs {
  static constexpr extent line = 64 / static_cast<extent>(sizeof(T)), piece = 2 * line;
  static constexpr extent fastest = 4, slowest = 16;  // rounds of the loop for each piece

  const T* next;
  extent pieces, jump, left;  // of a run, from behind it to the next one, and of this run
  extent rest, pace;          // pieces of all runs, and rounds of the loop for each

  /// Nothing: what is there anyway.
  explicit runs(const T* there) : next(there), pieces(1), jump(-piece), left(1), rest(0), pace(slowest) {}

  /// `count` runs of `length` elements, `apart` elements from one to the next.
  runs(const T* first, extent count, extent length, extent apart)
      : next(first), pieces((length + piece - 1) / piece), jump(apart - pieces * piece), left(pieces), rest(count * pieces), pace(fastest) {}

  /// The pace at which so many pieces take so many rounds; 0: that is too few rounds.
  [[nodiscard]] static constexpr extent pace_for(extent count, extent rounds) { return rounds < fastest * count ? 0 : std::min(slowest, rounds / count); }
  [[nodiscard]] runs at_pace(extent rounds_of_piece) const {
    runs r = *this;
    r.pace = rounds_of_piece;
    return r;
  }
  /// Spread over so many rounds; what they are too few for is not fetched.
  [[nodiscard]] runs over(extent rounds) const { return at_pace(std::max(fastest, pace_for(rest, rounds))); }

  TESSERA_INLINE void fetch() {
    __builtin_prefetch(next, 0, 2);
    __builtin_prefetch(next + line, 0, 2);
    const extent ended = -extent{--left == 0};
    next += piece + (ended & jump);
    left += ended & pieces;
    --rest;
#if defined(__GNUC__) && !defined(__CUDA_ARCH__)
    asm volatile("" : "+m"(*this));  // stays in memory, for the loop needs the registers
#endif
  }
};

/// One pointer, one register: compilers would keep one for an inner loop and one for the loop around it.
template <class T>
TESSERA_INLINE void hold([[maybe_unused]] T*& p) {
#if defined(__GNUC__) && !defined(__CUDA_ARCH__)
  asm volatile("" : "+r"(p));
#endif
}

/// A register that is used more than once, loaded once: compilers would rather read memory for each use.
template <class V>
[[nodiscard]] TESSERA_INLINE V loaded(V v) {
#if defined(__GNUC__) && defined(__AVX512F__) && !defined(__CUDA_ARCH__)
  if constexpr (sizeof(V) == 64) {
    typename V::register_type r = v;
    asm("" : "+v"(r));
    return V(r);
  }
#endif
  return v;
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
