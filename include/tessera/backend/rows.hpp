// SPDX-License-Identifier: BSL-1.0
#pragma once
// Walking along contiguous rows with registers, for kernels that are no elementwise program: softmax, losses, norms.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/selector.hpp>

#include <limits>

namespace tessera::backend {

/// Calls f.operator()<V>() with the register type of the selected backend.
template <class T, class F>
decltype(auto) with_register(F&& f) {
  if constexpr (has_reference_kernels)
    if (selected() == kind::scalar) return f.template operator()<scalar_register<T>>();
  return f.template operator()<simd_register<T>>();
}

inline namespace TESSERA_ARCH {

/// The first `lanes` elements at `from`; the other lanes hold `rest`.
template <class V>
[[nodiscard]] TESSERA_INLINE V load_part(const lane_t<V>* from, int lanes, lane_t<V> rest) {
  if (lanes >= width<V>) return load<V>(from);
  lane_t<V> x[width<V>];
  for (int i = 0; i < width<V>; ++i) x[i] = i < lanes ? from[i] : rest;
  return load<V>(x);
}
template <class V>
TESSERA_INLINE void store_part(lane_t<V>* to, V value, int lanes) {
  if (lanes >= width<V>) return store_lanes(to, value);
  lane_t<V> x[width<V>];
  store_lanes(x, value);
  for (int i = 0; i < lanes; ++i) to[i] = x[i];
}
/// Calls f(offset, lanes) for each register of a row.
template <class V, class F>
TESSERA_INLINE void for_lanes(extent n, F&& f) {
  extent j = 0;
  for (; j + width<V> <= n; j += width<V>) f(j, width<V>);
  if (j < n) f(j, static_cast<int>(n - j));
}

/// The larger value, for fold.
struct larger {
  template <class X>
  TESSERA_INLINE static X combine(X a, X b) { return lane::maximum(a, b); }
};
struct total {
  template <class X>
  TESSERA_INLINE static X combine(X a, X b) { return a + b; }
};

/// The largest element of a row; -infinity of none, NaN where there is one.
template <class V>
[[nodiscard]] lane_t<V> row_maximum(const lane_t<V>* x, extent n) {
  using T = lane_t<V>;
  constexpr T lowest = -std::numeric_limits<T>::infinity();
  V m(lowest);
  for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { m = lane::maximum(m, load_part<V>(x + j, lanes, lowest)); });
  return fold<larger>(m, width<V>);
}
/// The sum of e^(x - shift) over a row.
template <class V>
[[nodiscard]] lane_t<V> row_sum_of_exp(const lane_t<V>* x, extent n, lane_t<V> shift) {
  using T = lane_t<V>;
  V s(T(0));
  const V by(shift);
  for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    s = s + lane::exp(V(load_part<V>(x + j, lanes, -std::numeric_limits<T>::infinity()) - by));
  });
  return fold<total>(s, width<V>);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
