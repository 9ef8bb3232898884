// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products of few elements: next to nothing is packed, and nothing shared out, so that a call costs little more than its multiply-adds.

#include <tessera/backend/simd/gemm_kernel.hpp>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

/// May the product be formed so? Rows of B are read in place.
template <class V, class T = lane_t<V>>
[[nodiscard]] bool is_small(extent m, extent n, extent k, const matrix<T>& b) {
  constexpr extent most = extent{1} << 18;
  return width<V> > 1 && b.column_stride == 1 && b.row_stride > 0 && m * n * k <= most;
}

template <class V, class T = lane_t<V>>
void multiply_small(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate, const T* bias) {
  end_of_panel<V> end;
  tile<T> t{k, nullptr, a.row_stride, a.column_stride, nullptr, b.row_stride, nullptr, ldc, nullptr, accumulate, 0, 0};
  t.ahead = runs<T>(b.data);
  t.ahead.pace = k;
  for (extent j = 0; j < n; j += t.columns) {
    t.columns = static_cast<int>(std::min(n - j, panel_of<V>(n - j)));
    end.read_in_place(t, b, j, n, k);
    t.bias = bias != nullptr ? bias + j : nullptr;
    for (extent i = 0; i < m;) {
      const strip s = next_strip<V>(i, m);
      t.a = a.at(s.row, 0);
      t.c = c + s.row * ldc + j;
      t.skip = s.skip;
      run_tile<V>(s.height, t);
      i = s.row + s.height;
    }
  }
}

/// May the product be formed by multiply_tiny()? Its columns are no more than a register, of which it takes a part by masks.
template <class V, class T = lane_t<V>>
[[nodiscard]] TESSERA_INLINE bool is_tiny(extent m, extent n, extent k, const matrix<T>& b) {
  constexpr extent most = extent{1} << 13;
  return isa::has_masks<V> && m % 8 == 0 && n > 3 && n <= width<V> && b.column_stride == 1 && b.row_stride >= n && m * k <= most / width<V>;
}

// Eight rows at a time. All that describes the product stays in registers: where it takes some dozens of turns, a tile that is written to
// memory and read again would take as long as they do. Pointers go on from row to row: addresses that are computed ahead would, too.
template <class V, class T = lane_t<V>>
void multiply_tiny(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b, T* c, extent ldc, bool accumulate, const T* bias) {
  const int lanes = static_cast<int>(n);
  const extent across = a.row_stride, along = a.column_stride, step = b.row_stride, behind = std::min<extent>(k, n == width<V> ? 0 : width<V> - n <= step ? 1 : 3);
  const T* left = a.data;
  for (extent i = 0; i < m; i += 8, left += 8 * across)
    [&]<int... R>(std::integer_sequence<int, R...>) TESSERA_INLINE_LAMBDA {
      V sum[] = {(static_cast<void>(R), V(T(0)))...};
      const T *from[] = {(left + R / 3 * 3 * across)...}, *right = b.data;
      const auto turn = [&](const V& row) TESSERA_INLINE_LAMBDA {
        ((sum[R] = fused(V(from[R / 3 * 3][R % 3 * across]), row, sum[R])), ...);
        ((R % 3 == 0 ? hold(from[R] += along) : void()), ...);
        hold(right += step);
      };
      // Of the last rows of B a whole register may reach beyond its end.
      for (extent p = behind; p < k; ++p) turn(load<V>(right));
      for (extent p = 0; p < behind; ++p) turn(load_part<V>(right, lanes, T(0)));
      const V more = bias == nullptr ? V(T(0)) : load_part<V>(bias, lanes, T(0));
      const auto finish = [&](V all) TESSERA_INLINE_LAMBDA {
        if (bias != nullptr) all = all + more;
        store_part(c, accumulate ? V(all + load_part<V>(c, lanes, T(0))) : all, lanes);
        hold(c += ldc);
      };
      (finish(sum[R]), ...);
    }(std::make_integer_sequence<int, 8>{});
}

/// Few columns fill a register in part, many rows fill some: the transposed product is formed, unless rows of B can be read as they are
/// and columns of A cannot.
template <class V, class T = lane_t<V>>
[[nodiscard]] bool is_narrow(extent m, extent n, extent k, const matrix<T>& a, const matrix<T>& b) {
  return width<V> > 1 && n > 3 && n <= width<V> && m >= 2 * width<V> && k >= width<V> && (a.row_stride == 1 || b.column_stride != 1);
}
/// c(i, j) = from(j, i) + bias(j), from [n, m], n no more than a register.
template <class V, class T = lane_t<V>>
void turn(const T* from, extent m, extent n, T* c, extent ldc, const T* bias) {
  transpose_block<V>(c, ldc, from, m, n, m);
  if (bias == nullptr) return;
  const int lanes = static_cast<int>(n);
  const V b = load_part<V>(bias, lanes, T(0));
  for (extent i = 0; i < m; ++i, c += ldc) store_part(c, V(load_part<V>(c, lanes, T(0)) + b), lanes);
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
