// SPDX-License-Identifier: BSL-1.0
#pragma once
// The inner loop of a matrix product: one tile of C in registers; and the packing of panels for it.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/matrix.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

template <class V>
[[nodiscard]] TESSERA_INLINE V fused(V a, V b, V c) {
  if constexpr (width<V> == 1) {
    return a * b + c;
  } else {
    return fma(a, b, c);  // xsimd's, found by argument
  }
}

// A tile is `tallest` rows by two registers: as many accumulators as leave room for two of B and one of A.
#if defined(__aarch64__)
inline constexpr bool many_registers = true;
#else
inline constexpr bool many_registers = false;
#endif
template <class V>
inline constexpr int tallest = width<V> == 1 ? 4 : sizeof(V) == 64 || many_registers ? 12 : 6;

/// How many of the remaining rows the next tile takes: a few heights only, each of which is a kernel.
template <class V>
[[nodiscard]] constexpr int height(extent rows) {
  if (rows >= tallest<V>) return tallest<V>;
  if (tallest<V> > 8 && rows >= 8) return 8;
  return rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
}

template <class T>
struct tile {
  extent k;
  const T* a;
  extent across, along;  // from row to row of A, and from column to column
  const T* b;
  extent step;  // from row to row of B, whose columns are contiguous
  T* c;
  extent ldc;
  const T* bias;
  bool accumulate;
};

// R rows by N registers. Rows of A are addressed from one pointer for three of them: 0, 1 and 2 times a stride are what
// an x86 address can express, and a pointer for each row would not fit the registers.
template <class V, int N, int... R>
void multiply(const tile<lane_t<V>>& t, std::integer_sequence<int, R...>) {
  using T = lane_t<V>;
  constexpr int W = width<V>, rows = sizeof...(R);
  V left[rows], right[rows];
  ((left[R] = V(T(0)), right[R] = V(T(0))), ...);
  const T* a[] = {(t.a + R / 3 * 3 * t.across)...};
  const T* b = t.b;
  const extent across = t.across, along = t.along, step = t.step;
  for (extent p = t.k; p > 0; --p) {
    const V b0 = load<V>(b), b1 = N > 1 ? load<V>(b + W) : b0;
    const auto row = [&](T x, V& l, V& r) TESSERA_INLINE_LAMBDA {
      const V y(x);
      l = fused(y, b0, l);
      if constexpr (N > 1) r = fused(y, b1, r);
    };
    (row(a[R / 3 * 3][R % 3 * across], left[R], right[R]), ...);
    ((R % 3 == 0 ? void(a[R] += along) : void()), ...);
    b += step;
  }
  const auto finish = [&](int r, int column, V sum) TESSERA_INLINE_LAMBDA {
    T* c = t.c + r * t.ldc + column;
    if (t.accumulate) sum = sum + load<V>(c);
    if (t.bias != nullptr) sum = sum + load<V>(t.bias + column);
    store_lanes(c, sum);
  };
  (finish(R, 0, left[R]), ...);
  if constexpr (N > 1) (finish(R, W, right[R]), ...);
}

template <class V, int N>
void run_rows(int rows, const tile<lane_t<V>>& t) {
  switch (rows) {
    case 1: return multiply<V, N>(t, std::make_integer_sequence<int, 1>{});
    case 2: return multiply<V, N>(t, std::make_integer_sequence<int, 2>{});
    case 4: return multiply<V, N>(t, std::make_integer_sequence<int, 4>{});
    case 8:
      if constexpr (tallest<V> > 8) return multiply<V, N>(t, std::make_integer_sequence<int, 8>{});
      [[fallthrough]];
    default: return multiply<V, N>(t, std::make_integer_sequence<int, tallest<V>>{});
  }
}

/// Computes a tile of C of a height that height() returns. Where the columns do not fill the registers the tile is
/// computed aside, so that nothing outside C is touched.
template <class V>
void run_tile(int rows, int columns, const tile<lane_t<V>>& t) {
  using T = lane_t<V>;
  constexpr int W = width<V>;
  if (columns == 2 * W) return run_rows<V, 2>(rows, t);
  if (columns == W) return run_rows<V, 1>(rows, t);
  alignas(64) T aside[tallest<V> * 2 * W];
  tile<T> u = t;
  u.c = aside;
  u.ldc = 2 * W;
  u.bias = nullptr;
  u.accumulate = false;
  if (columns <= W) {
    run_rows<V, 1>(rows, u);
  } else {
    run_rows<V, 2>(rows, u);
  }
  for (int i = 0; i < rows; ++i) {
    T* c = t.c + i * t.ldc;
    const T* from = aside + i * 2 * W;
    if (t.accumulate) {
      for (int j = 0; j < columns; ++j) c[j] += from[j];
    } else if (t.bias != nullptr) {
      for (int j = 0; j < columns; ++j) c[j] = from[j] + t.bias[j];
    } else {
      for (int j = 0; j < columns; ++j) c[j] = from[j];
    }
  }
}

// Lanes of 16 bytes, of which every instruction set has a transposition by interleaving.
template <class T>
inline constexpr int quad = 16 / static_cast<int>(sizeof(T));

#if TESSERA_USE_XSIMD
template <class T>
using quad_register = xsimd::make_sized_batch_t<T, quad<T>>;
#else
template <class T>
using quad_register = typename std::conditional<sizeof(T) == 0, T, void>::type;  // void, but only once T is known
#endif

// to[j * to_step + i] = from[i * from_step + j] for a square of 16-byte rows.
template <class T>
TESSERA_INLINE void transpose_square(T* to, extent to_step, const T* from, extent from_step) {
  constexpr int Q = quad<T>;
#if TESSERA_USE_XSIMD
  using S = quad_register<T>;
  if constexpr (!std::is_void_v<S>) {
    S r[Q];
    for (int i = 0; i < Q; ++i) r[i] = S::load_unaligned(from + i * from_step);
    if constexpr (Q == 4) {
      const S a = xsimd::zip_lo(r[0], r[2]), b = xsimd::zip_lo(r[1], r[3]);
      const S c = xsimd::zip_hi(r[0], r[2]), d = xsimd::zip_hi(r[1], r[3]);
      xsimd::zip_lo(a, b).store_unaligned(to);
      xsimd::zip_hi(a, b).store_unaligned(to + to_step);
      xsimd::zip_lo(c, d).store_unaligned(to + 2 * to_step);
      xsimd::zip_hi(c, d).store_unaligned(to + 3 * to_step);
    } else {
      xsimd::zip_lo(r[0], r[1]).store_unaligned(to);
      xsimd::zip_hi(r[0], r[1]).store_unaligned(to + to_step);
    }
    return;
  }
#endif
  for (int i = 0; i < Q; ++i)
    for (int j = 0; j < Q; ++j) to[j * to_step + i] = from[i * from_step + j];
}

/// to[p * panel + j] = from[j * across + p * along] for j < count, and 0 up to the width of the panel.
template <class V, class T = lane_t<V>>
void pack(T* to, extent panel, const T* from, extent across, extent along, extent count, extent k) {
  constexpr extent W = width<V>, Q = quad<T>;
  if (count < panel)
    for (extent p = 0; p < k; ++p)
      for (extent j = count; j < panel; ++j) to[p * panel + j] = T(0);
  if (across == 1) {
    const extent full = count / W * W;
    for (extent p = 0; p < k; ++p, from += along, to += panel) {
      for (extent j = 0; j < full; j += W) store_lanes(to + j, load<V>(from + j));
      for (extent j = full; j < count; ++j) to[j] = from[j];
    }
    return;
  }
  extent done = 0;  // of k
  if (along == 1 && count >= Q) {
    done = k / Q * Q;
    for (extent j = 0; j < count; j += Q) {
      const extent at = std::min(j, count - Q);  // the last square may overlap the one before
      for (extent p = 0; p < done; p += Q) transpose_square(to + p * panel + at, panel, from + at * across + p, across);
    }
  }
  for (extent p = done; p < k; ++p)
    for (extent j = 0; j < count; ++j) to[p * panel + j] = from[j * across + p * along];
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
