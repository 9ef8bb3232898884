// SPDX-License-Identifier: BSL-1.0
#pragma once
// A vector times a matrix, without packing: the matrix is read once, so its layout decides the loop.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/simd/gemm_kernel.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

struct add_lanes {
  template <class T>
  [[nodiscard]] static T combine(T a, T b) { return a + b; }
};

// y[i] = the sum of the lanes of v[i]. Four at a time: quarters of registers are added, transposed and added again.
template <class V, int Count>
TESSERA_INLINE void sum_lanes(const V* v, lane_t<V>* y) {
  using T = lane_t<V>;
  constexpr int W = width<V>;
  if constexpr (transposes<V> && Count % quad<T> == 0) {
    constexpr int Q = quad<T>;
    for (int i = 0; i < Count; i += Q) {
      T square[Q * Q];
      for (int r = 0; r < Q; ++r) {
        T lanes[W];
        store_lanes(lanes, v[i + r]);
        auto sum = join_quads<T, 16>(lanes, 0);
        for (int w = Q; w < W; w += Q) sum = sum + join_quads<T, 16>(lanes + w, 0);
        std::memcpy(square + r * Q, &sum, 16);
      }
      T turned[Q * Q];
      transpose_quad<16>(turned, Q, square, Q);
      auto sum = join_quads<T, 16>(turned, 0);
      for (int r = 1; r < Q; ++r) sum = sum + join_quads<T, 16>(turned + r * Q, 0);
      std::memcpy(y + i, &sum, 16);
    }
  } else {
    for (int i = 0; i < Count; ++i) y[i] = fold<add_lanes>(v[i], W);
  }
}

/// Is one of the loops below good for this matrix?
template <class V>
[[nodiscard]] bool suits_gemv(extent k, const matrix<lane_t<V>>& b) {
  return b.column_stride == 1 || (b.row_stride == 1 && k >= width<V>);
}

// y[i] = x · columns of B, which are contiguous and `step` apart.
template <class V, int... I>
void dot_columns(extent k, const lane_t<V>* x, const lane_t<V>* b, extent step, lane_t<V>* y,
                 std::integer_sequence<int, I...>) {
  using T = lane_t<V>;
  constexpr extent W = width<V>;
  V sum[] = {(static_cast<void>(I), V(T(0)))...};
  extent p = 0;
  for (; p + W <= k; p += W) {
    const V v = load<V>(x + p);
    ((sum[I] = fused(v, load<V>(b + I * step + p), sum[I])), ...);
  }
  sum_lanes<V, static_cast<int>(sizeof...(I))>(sum, y);
  for (; p < k; ++p) ((y[I] += x[p] * b[I * step + p]), ...);
}

// y = x · B on as many registers of columns as I has, rows of B being contiguous and `step` apart.
template <class V, int... I>
void add_rows(extent k, const lane_t<V>* x, const lane_t<V>* b, extent step, lane_t<V>* y,
              std::integer_sequence<int, I...>) {
  using T = lane_t<V>;
  constexpr extent W = width<V>;
  V sum[] = {(static_cast<void>(I), V(T(0)))...};
  for (extent p = 0; p < k; ++p, b += step) {
    const V v(x[p]);
    ((sum[I] = fused(v, load<V>(b + I * W), sum[I])), ...);
  }
  (store_lanes(y + I * W, sum[I]), ...);
}

// y = x · B where rows of B are long: each is read from end to end, several at a time, and y stays in the nearest cache.
// Returns the first row that is left.
template <class V, int... I>
extent add_long_rows(extent begin, extent end, extent p, extent k, const lane_t<V>* x, const matrix<lane_t<V>>& b, lane_t<V>* y,
                     std::integer_sequence<int, I...>) {
  using T = lane_t<V>;
  constexpr extent W = width<V>, rows = sizeof...(I);
  for (; p + rows <= k; p += rows) {
    const V factor[] = {V(x[p + I])...};
    const T* from[] = {b.at(p + I, 0)...};
    for (extent j = begin; j < end; j += W) {
      const int lanes = static_cast<int>(std::min(W, end - j));
      V sum = p == 0 ? V(T(0)) : load_part<V>(y + j, lanes, T(0));
      ((sum = fused(factor[I], load_part<V>(from[I] + j, lanes, T(0)), sum)), ...);
      store_part(y + j, sum, lanes);
    }
  }
  return p;
}

template <class V>
void gemv_columns(extent begin, extent end, extent k, const lane_t<V>* x, const matrix<lane_t<V>>& b, lane_t<V>* y) {
  constexpr extent W = width<V>;
  constexpr std::make_integer_sequence<int, 8> eight;
  constexpr std::make_integer_sequence<int, 4> four;
  constexpr std::make_integer_sequence<int, 1> one;
  extent j = begin;
  if (b.row_stride == 1 && k >= W) {
    for (; j + 4 <= end; j += 4) dot_columns<V>(k, x, b.at(0, j), b.column_stride, y + j, four);
    for (; j < end; ++j) dot_columns<V>(k, x, b.at(0, j), b.column_stride, y + j, one);
    return;
  }
  if (end - begin <= 8 * W) {  // in registers
    for (; j + 8 * W <= end; j += 8 * W) add_rows<V>(k, x, b.at(0, j), b.row_stride, y + j, eight);
    for (; j + W <= end; j += W) add_rows<V>(k, x, b.at(0, j), b.row_stride, y + j, one);
  }
  if (j < end) add_long_rows<V>(j, end, add_long_rows<V>(j, end, 0, k, x, b, y, four), k, x, b, y, one);
}

/// out[j * out_step] = x · column j of B, plus what is there or a bias; n columns of k.
template <class V, class T = lane_t<V>>
void gemv(extent n, extent k, const T* x, extent x_step, const matrix<T>& b, T* out, extent out_step, bool accumulate,
          const T* bias, extent bias_step) {
  const scratch<T> y(n), gathered(x_step == 1 ? 0 : k);
  if (x_step != 1)
    for (extent p = 0; p < k; ++p) gathered.data()[p] = x[p * x_step];
  const T* from = x_step == 1 ? x : gathered.data();
  constexpr extent unit = 8 * width<V>;
  const extent units = (n + unit - 1) / unit;
  const auto work = [&](extent begin, extent end) {
    gemv_columns<V>(begin * unit, std::min(n, end * unit), k, from, b, y.data());
  };
  const extent least = b.column_stride != 1 ? 1 : num_threads() == 1 ? 32 : 8;  // rows are better read from end to end
  parallel_for(units, std::max(least, 131072 / (k * unit)), work);
  for (extent j = 0; j < n; ++j) {
    const T start = accumulate ? out[j * out_step] : bias != nullptr ? bias[j * bias_step] : T(0);
    out[j * out_step] = start + y.data()[j];
  }
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
