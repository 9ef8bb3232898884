// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products as items: each computes a tile of C in registers, or a team one element where those are few and the sums long.

#include <tessera/backend/items/cublas.hpp>
#include <tessera/backend/items/reduce.hpp>
#include <tessera/backend/matrix.hpp>
#include <tessera/backend/scalar/gemm.hpp>  // wrapping

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The operands of a product, as gemm has them.
template <class T>
struct factors {
  using number = typename scalar::detail::wrapping<T>::type;
  extent m, n, k;
  matrix<T> a, b;
  T* c;
  extent ldc;
  bool accumulate;
  const T* bias;

  TESSERA_FN void write(extent i, extent j, number sum) const {
    T& to = c[i * ldc + j];
    const number before = accumulate ? static_cast<number>(to) : bias != nullptr ? static_cast<number>(bias[j]) : number(0);
    to = static_cast<T>(before + sum);
  }
};

/// Size x Size elements of C for each item. Those of an item lie apart, so that neighbouring items read and write neighbouring columns.
template <class T, int Size>
struct tile_of_product {
  factors<T> f;
  extent tile_rows, tile_columns;  // the tiles along each axis

  TESSERA_FN void operator()(extent tile) const {
    using number = typename factors<T>::number;
    const extent row = tile / tile_columns, column = tile % tile_columns;
    const T *left[Size], *right[Size];
    number sum[Size][Size];
    for (int r = 0; r < Size; ++r) {  // beyond the edge the first row or column is computed again, and dropped
      const extent i = row + r * tile_rows, j = column + r * tile_columns;
      left[r] = f.a.data + (i < f.m ? i : row) * f.a.row_stride;
      right[r] = f.b.data + (j < f.n ? j : column) * f.b.column_stride;
      for (int s = 0; s < Size; ++s) sum[r][s] = number(0);
    }
    for (extent p = 0; p < f.k; ++p) {
      number x[Size], y[Size];
      for (int r = 0; r < Size; ++r) x[r] = static_cast<number>(left[r][p * f.a.column_stride]), y[r] = static_cast<number>(right[r][p * f.b.row_stride]);
      for (int r = 0; r < Size; ++r)
        for (int s = 0; s < Size; ++s) sum[r][s] = static_cast<number>(sum[r][s] + x[r] * y[s]);
    }
    for (int r = 0; r < Size; ++r)
      for (int s = 0; s < Size; ++s)
        if (const extent i = row + r * tile_rows, j = column + s * tile_columns; i < f.m && j < f.n) f.write(i, j, sum[r][s]);
  }
};

/// One element of C for each team.
template <class T>
struct element_of_product {
  factors<T> f;

  template <class Team>
  TESSERA_FN void operator()(extent at, const Team& team) const {
    using number = typename factors<T>::number;
    const extent i = at / f.n, j = at % f.n;
    const T *left = f.a.data + i * f.a.row_stride, *right = f.b.data + j * f.b.column_stride;
    number sum = number(0);
    for (extent p = team.lane(); p < f.k; p += team.lanes()) sum = static_cast<number>(sum + static_cast<number>(left[p * f.a.column_stride]) * static_cast<number>(right[p * f.b.row_stride]));
    sum = team.template combine<sum_of_items>(sum);
    if (team.lane() == 0) f.write(i, j, sum);
  }
};

/// The product of two matrices; how it is cut depends on the extents only.
template <class T>
void multiply(const factors<T>& f) {
#if TESSERA_USE_CUBLAS
  if constexpr (std::is_floating_point_v<T>)
    if (current_device().is_gpu() && cublas::multiply<T>(f.m, f.n, f.k, f.a, f.b, f.c, f.ldc, f.accumulate, f.bias)) return;
#endif
  constexpr int size = 4;
  constexpr extent few = 1 << 12, many = 1 << 17, long_sum = 256;  // elements of C, terms of each
  const extent all = f.m * f.n;
  if (all < few && f.k >= long_sum) return launch_rows(all, 2 * f.k, element_of_product<T>{f});
  if (all < many) return launch(all, 2 * f.k, tile_of_product<T, 1>{f, f.m, f.n});
  const extent rows = (f.m + size - 1) / size, columns = (f.n + size - 1) / size;
  launch(rows * columns, 2 * size * size * f.k, tile_of_product<T, size>{f, rows, columns});
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
