// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products as items: each computes a tile of C in registers, or a team one element where those are few and the sums long.
// A batch of products is one launch.

#include <tessera/backend/items/cublas_gemm.hpp>
#include <tessera/backend/items/factors.hpp>
#include <tessera/backend/items/reduce.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// Size x Size elements of C for each item. Those of an item lie apart, so that neighbouring items read and write neighbouring columns.
template <class T, int Size>
struct tile_of_product {
  factors<T> f;
  extent tile_rows, tile_columns;  // the tiles along each axis

  TESSERA_FN void operator()(extent tile) const {
    using number = typename factors<T>::number;
    const extent at = tile / (tile_rows * tile_columns), row = tile / tile_columns % tile_rows, column = tile % tile_columns;
    extent from_a, from_b;
    f.all.locate(at, from_a, from_b);
    const T *left[Size], *right[Size];
    number sum[Size][Size];
    for (int r = 0; r < Size; ++r) {  // beyond the edge the first row or column is computed again, and dropped
      const extent i = row + r * tile_rows, j = column + r * tile_columns;
      left[r] = f.a.data + from_a + (i < f.m ? i : row) * f.a.row_stride;
      right[r] = f.b.data + from_b + (j < f.n ? j : column) * f.b.column_stride;
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
        if (const extent i = row + r * tile_rows, j = column + s * tile_columns; i < f.m && j < f.n) f.write(at, i, j, sum[r][s]);
  }
};

/// One element of C for each team.
template <class T>
struct element_of_product {
  factors<T> f;

  template <class Team>
  TESSERA_FN void operator()(extent element, const Team& team) const {
    using number = typename factors<T>::number;
    const extent at = element / (f.m * f.n), i = element / f.n % f.m, j = element % f.n;
    extent from_a, from_b;
    f.all.locate(at, from_a, from_b);
    const T *left = f.a.data + from_a + i * f.a.row_stride, *right = f.b.data + from_b + j * f.b.column_stride;
    number sum = number(0);
    for (extent p = team.lane(); p < f.k; p += team.lanes()) sum = static_cast<number>(sum + static_cast<number>(left[p * f.a.column_stride]) * static_cast<number>(right[p * f.b.row_stride]));
    sum = team.template combine<plain_sum>(sum);
    if (team.lane() == 0) f.write(at, i, j, sum);
  }
};

/// The products; how they are cut depends on the extents only.
template <class T>
void multiply(const factors<T>& f) {
#if TESSERA_USE_CUBLAS
  if constexpr (std::is_floating_point_v<T>)
    if (current_device().is_gpu() && cublas::multiply<T>(f)) return;
#endif
  constexpr int size = 4;
  constexpr extent few = 1 << 12, many = 1 << 17, long_sum = 256;  // elements of C, terms of each
  const extent products = f.all.count(), all = products * f.m * f.n;
  if (all < few && f.k >= long_sum) return launch_rows(all, 2 * f.k, element_of_product<T>{f}, f.k);
  if (all < many) return launch(all, 2 * f.k, tile_of_product<T, 1>{f, f.m, f.n});
  const extent rows = (f.m + size - 1) / size, columns = (f.n + size - 1) / size;
  launch(products * rows * columns, 2 * size * size * f.k, tile_of_product<T, size>{f, rows, columns});
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
