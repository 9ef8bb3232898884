// SPDX-License-Identifier: BSL-1.0
#pragma once
// The transforms of convolutions by 3 x 3 in tiles of 4 x 4 results. Six points in each direction stand for a polynomial whose product
// gives the tile, so 36 multiplications do what 144 do otherwise. After Winograd, "Arithmetic complexity of computations" (1980), and
// Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
//
// The points are 0, ±1/√2, ±√2 and ∞, for their error: after Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the
// accuracy of Winograd convolution for deep neural networks" (2020), points and their reciprocals err less than the usual 0, ±1, ±2 and ∞. A
// test bounds the error of float at 2.5 times that of sums in order.

#include <tessera/backend/lanes.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail::winograd {

inline constexpr int tile = 4, points = 6, spots = points * points;
template <class T>
inline constexpr T small = T(0.70710678118654752440L);
template <class T>
inline constexpr T large = T(1.41421356237309504880L);

// A transform of one direction is linear: `from` registers become `to`. The number of pixels of a tile is `points`, of its results `tile`.
struct of_pixels {
  static constexpr int from = points, to = points;
  template <class V>
  TESSERA_INLINE void operator()(const V* d, V* t) const {
    using T = lane_t<V>;
    const V middle(T(-2.5)), a(small<T>), b(large<T>);
    const V even_a = fused(V(T(-2)), d[2], d[4]), odd_a = fused(V(T(-2)), d[1], d[3]), even_b = fused(V(T(-0.5)), d[2], d[4]), odd_b = fused(V(T(-0.5)), d[1], d[3]);
    t[0] = fused(middle, d[2], V(d[0] + d[4]));
    t[1] = fused(a, odd_a, even_a);
    t[2] = fused(V(-a), odd_a, even_a);
    t[3] = fused(b, odd_b, even_b);
    t[4] = fused(V(-b), odd_b, even_b);
    t[5] = fused(middle, d[3], V(d[1] + d[5]));
  }
};

struct to_results {
  static constexpr int from = points, to = tile;
  template <class V>
  TESSERA_INLINE void operator()(const V* m, V* y) const {
    using T = lane_t<V>;
    constexpr T a = small<T>, b = large<T>;
    const V even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = fused(V(a), odd_a, V(V(b) * odd_b));
    y[2] = fused(V(a * a), even_a, V(V(b * b) * even_b));
    y[3] = fused(V(a * a * a), odd_a, fused(V(b * b * b), odd_b, m[5]));
  }
};

// The values at 0, ±a, ±b and infinity of a polynomial's even and odd parts.
template <class V>
TESSERA_INLINE void set_points(V* to, const V& at_0, const V& even_a, const V& odd_a, const V& even_b, const V& odd_b, const V& at_infinity) {
  to[0] = at_0;
  to[1] = even_a + odd_a;
  to[2] = even_a - odd_a;
  to[3] = even_b + odd_b;
  to[4] = even_b - odd_b;
  to[5] = at_infinity;
}

/// The transposition of to_results.
struct of_results {
  static constexpr int from = tile, to = points;
  template <class V>
  TESSERA_INLINE void operator()(const V* y, V* m) const {
    using T = lane_t<V>;
    constexpr T a = small<T>, b = large<T>;
    const V even_a = fused(V(a * a), y[2], y[0]), odd_a = fused(V(a * a * a), y[3], V(V(a) * y[1]));
    const V even_b = fused(V(b * b), y[2], y[0]), odd_b = fused(V(b * b * b), y[3], V(V(b) * y[1]));
    set_points(m, y[0], even_a, odd_a, even_b, odd_b, y[3]);
  }
};

struct of_taps {
  static constexpr int from = 3, to = points;
  template <class V>
  TESSERA_INLINE void operator()(const V* w, V* u) const {
    using T = lane_t<V>;
    constexpr T a = small<T>, b = large<T>, by_a = T(-1) / T(1.5L), by_b = T(1) / T(6);
    const V even_a = V(by_a) * fused(V(a * a), w[2], w[0]), odd_a = V(by_a * a) * w[1], even_b = V(by_b) * fused(V(b * b), w[2], w[0]), odd_b = V(by_b * b) * w[1];
    set_points(u, w[0], even_a, odd_a, even_b, odd_b, w[2]);
  }
};

/// The transposition of of_taps.
struct to_taps {
  static constexpr int from = points, to = 3;
  template <class V>
  TESSERA_INLINE void operator()(const V* u, V* w) const {
    using T = lane_t<V>;
    constexpr T a = small<T>, b = large<T>, by_a = T(-1) / T(1.5L), by_b = T(1) / T(6);
    const V even_a = V(by_a) * (u[1] + u[2]), even_b = V(by_b) * (u[3] + u[4]);
    w[0] = u[0] + even_a + even_b;
    w[1] = fused(V(by_a * a), V(u[1] - u[2]), V(V(by_b * b) * (u[3] - u[4])));
    w[2] = fused(V(a * a), even_a, fused(V(b * b), even_b, u[5]));
  }
};

/// F in both directions: load(p) for p < from² gives what store(q, register) gets for q < to². The loops over lines stay loops: written out they
/// are no faster.
template <class V, class F, class Load, class Store>
[[gnu::always_inline]] inline void transform(F f, const Load& load, const Store& store) {
  V half[F::to * F::from], line[F::from], out[F::to];
  for (int j = 0; j < F::from; ++j) {
    TESSERA_UNROLL for (int i = 0; i < F::from; ++i) line[i] = load(i * F::from + j);
    f(line, out);
    TESSERA_UNROLL for (int i = 0; i < F::to; ++i) half[i * F::from + j] = out[i];
  }
  for (int i = 0; i < F::to; ++i) {
    f(half + i * F::from, out);
    TESSERA_UNROLL for (int j = 0; j < F::to; ++j) store(i * F::to + j, out[j]);
  }
}

}  // namespace detail::winograd

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
