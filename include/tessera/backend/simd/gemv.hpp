// SPDX-License-Identifier: BSL-1.0
#pragma once
// A vector times a matrix, without packing: the matrix is read once, so its layout decides the loop.

#include <tessera/backend/parallel.hpp>
#include <tessera/backend/rows.hpp>  // sums_of_lanes
#include <tessera/backend/simd/gemm_kernel.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// Is one of the loops below good for this matrix?
template <class V>
[[nodiscard]] bool suits_gemv(extent k, const matrix<lane_t<V>>& b) {
  return b.column_stride == 1 || (b.row_stride == 1 && k >= width<V>);
}

// sum[i] = the products of x and columns of B, added up lane by lane; columns are contiguous. Returns how many elements are left out.
template <class V, int... I>
TESSERA_INLINE void multiply_columns(extent k, const lane_t<V>* x, const lane_t<V>* const* column, V* to, std::integer_sequence<int, I...>) {
  using T = lane_t<V>;
  constexpr int W = width<V>;
  const T* const from[] = {column[I]...};
  V sum[] = {(static_cast<void>(I), V(T(0)))...};
  for (extent p = 0; p + W <= k; p += W) {
    const V v = load<V>(x + p);
    ((sum[I] = fused(v, load<V>(from[I] + p), sum[I])), ...);
  }
  ((to[I] = sum[I]), ...);
}

// y[i] = x · column i of B for at most `dot_width` columns, which are `step` apart; as many as registers have lanes are summed together.
// What is behind the last column is the last again.
template <class V>
inline constexpr int dot_width = width<V> < 8 ? 8 : width<V>;
template <class V>
void dot_columns(extent k, const lane_t<V>* x, const lane_t<V>* b, extent step, lane_t<V>* y, int count) {
  using T = lane_t<V>;
  constexpr int W = width<V>, some = 8;
  const T* from[dot_width<V>];
  TESSERA_UNROLL for (int i = 0; i < dot_width<V>; ++i) from[i] = b, b += i + 1 < count ? step : 0;
  V sum[dot_width<V>];
  TESSERA_UNROLL for (int i = 0; i < dot_width<V>; i += some) {
    if (i < count) multiply_columns<V>(k, x, from + i, sum + i, std::make_integer_sequence<int, some>{});
    else std::fill_n(sum + i, some, V(T(0)));
  }
  TESSERA_UNROLL for (int i = 0; i < dot_width<V>; i += W)
    if (i < count) store_part(y + i, sums_of_lanes(sum + i), std::min(W, count - i));
  if (const extent done = k / W * W; done < k)
    for (int i = 0; i < count; ++i)
      for (extent p = done; p < k; ++p) y[i] += x[p] * from[i][p];
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
    for (; j < end; j += dot_width<V>) dot_columns<V>(k, x, b.at(0, j), b.column_stride, y + j, static_cast<int>(std::min<extent>(dot_width<V>, end - j)));
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
  const bool in_place = out_step == 1 && !accumulate;
  const scratch<T> aside(in_place ? 0 : n), gathered(x_step == 1 ? 0 : k);
  if (x_step != 1)
    for (extent p = 0; p < k; ++p) gathered.data()[p] = x[p * x_step];
  const T* const from = x_step == 1 ? x : gathered.data();
  T* const y = in_place ? out : aside.data();
  constexpr extent unit = 8 * width<V>;
  const extent units = (n + unit - 1) / unit;
  const auto work = [&](extent begin, extent end) {
    gemv_columns<V>(begin * unit, std::min(n, end * unit), k, from, b, y);
  };
  const extent least = b.column_stride != 1 ? 1 : num_threads() == 1 ? 32 : 8;  // rows are better read from end to end
  parallel_for(units, std::max(least, 131072 / (k * unit)), work);
  const T* const start = accumulate ? out : bias;
  const extent start_step = accumulate ? out_step : bias_step;
  if (in_place && start == nullptr) return;
  if (out_step == 1 && start_step == 1)
    for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { store_part(out + j, V(load_part<V>(start + j, lanes, T(0)) + load_part<V>(y + j, lanes, T(0))), lanes); });
  else
    for (extent j = 0; j < n; ++j) out[j * out_step] = (start == nullptr ? T(0) : start[j * start_step]) + y[j];
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
