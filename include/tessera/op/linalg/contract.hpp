// SPDX-License-Identifier: BSL-1.0
#pragma once
// Products of arrays: extents and strides are in the type, so that transposing costs nothing and the compiler unrolls.

#include <tessera/backend/gemm.hpp>
#include <tessera/op/inline.hpp>

namespace tessera {
namespace op {
struct matmul;
}  // namespace op

namespace detail {

/// The extents of a product and the strides of its operands: a [m, k], b [k, n].
struct product_layout {
  extent m, n, k;
  extent row_a, column_a, row_b, column_b;
};

/// Is a product so small that a kernel of its own is worth its code, and do its rows fill registers?
template <class T>
[[nodiscard]] constexpr bool fits_registers(const product_layout& l) {
  constexpr extent lanes = backend::width<backend::simd_register<T>>;
  return std::is_floating_point_v<T> && l.n % lanes == 0 && l.n <= 4 * lanes && l.m <= 64 && l.k <= 64;
}

/// Rows R rows by Columns registers of y, of which the last holds Last lanes, where rows of b are contiguous. Each sum begins with the bias.
template <class Layout, class V, int Rows, int Columns, int Last, class T>
TESSERA_INLINE void multiply_tile(const T* a, const T* b, T* y, const T* bias) {
  constexpr product_layout l = Layout::values;
  constexpr int W = backend::width<V>, chains = Rows == 1 && l.k >= 8 ? 4 : 1;  // one row's additions must not wait for each other
  V sum[chains][Rows][Columns];
  TESSERA_UNROLL for (auto& chain : sum)
    TESSERA_UNROLL for (auto& row : chain)
      TESSERA_UNROLL for (V& x : row) x = V(T(0));
  if (bias != nullptr)
    TESSERA_UNROLL for (int c = 0; c < Columns; ++c) {
      const V start = backend::load_some<V>(bias + c * W, c + 1 == Columns ? Last : W);
      TESSERA_UNROLL for (int r = 0; r < Rows; ++r) sum[0][r][c] = start;
    }
  const auto step = [&](V (&to)[Rows][Columns], extent p) TESSERA_INLINE_LAMBDA {
    V right[Columns];
    TESSERA_UNROLL for (int c = 0; c < Columns; ++c) right[c] = backend::load_some<V>(b + p * l.row_b + c * W, c + 1 == Columns ? Last : W);
    TESSERA_UNROLL for (int r = 0; r < Rows; ++r) {
      const V left(a[r * l.row_a + p * l.column_a]);
      TESSERA_UNROLL for (int c = 0; c < Columns; ++c) to[r][c] = V(to[r][c] + left * right[c]);
    }
  };
  for (extent p = 0; p + chains <= l.k; p += chains)
    TESSERA_UNROLL for (int chain = 0; chain < chains; ++chain) step(sum[chain], p + chain);
  if constexpr (l.k % chains != 0)
    for (extent p = l.k / chains * chains; p < l.k; ++p) step(sum[0], p);
  if constexpr (chains == 4)
    TESSERA_UNROLL for (int c = 0; c < Columns; ++c) sum[0][0][c] = V(V(sum[0][0][c] + sum[1][0][c]) + V(sum[2][0][c] + sum[3][0][c]));
  // No loops, not even unrolled ones: g++ then keeps in registers an array that these are all the stores to.
  [&]<int... I>(std::integer_sequence<int, I...>) TESSERA_INLINE_LAMBDA {
    (backend::store_some(y + I / Columns * l.n + I % Columns * W, sum[0][I / Columns][I % Columns], I % Columns + 1 == Columns ? Last : W), ...);
  }(std::make_integer_sequence<int, Rows * Columns>{});
}

/// Some rows of y, all columns: as many registers at a time as a tile has.
template <class Layout, class V, int Rows, int Columns, class T>
TESSERA_INLINE void multiply_columns(const T* a, const T* b, T* y, const T* bias) {
  constexpr extent n = Layout::values.n, W = backend::width<V>, registers = (n + W - 1) / W, before = (registers - 1) / Columns * Columns;
  if constexpr (before > 0)
    for (extent j = 0; j < before * W; j += Columns * W) multiply_tile<Layout, V, Rows, Columns, static_cast<int>(W)>(a, b + j, y + j, bias == nullptr ? bias : bias + j);
  multiply_tile<Layout, V, Rows, static_cast<int>(registers - before), static_cast<int>(n - (registers - 1) * W)>(a, b + before * W, y + before * W, bias == nullptr ? bias : bias + before * W);
}

/// The tiles of a product where rows of b are contiguous: registers of y side by side, and rows.
template <class V>
struct tiles_of {
  int columns, rows;
  bool is_one;  // of the whole product, so that no loop is left
  constexpr explicit tiles_of(const product_layout& l) {
    const int registers = static_cast<int>((l.n + backend::width<V> - 1) / backend::width<V>);
    columns = std::min(registers, sizeof(V) == 64 ? 4 : 2);
    rows = static_cast<int>(std::min<extent>(l.m, columns == 4 ? 6 : columns == 1 && backend::simd::detail::widest<V> == 4 ? 16 : 8));
    is_one = rows == l.m && columns == registers;
  }
};

/// y = a·b + bias for one matrix where rows of b are contiguous, y row-major.
template <class Layout, class T>
void multiply_rows(const T* a, const T* b, T* y, const T* bias) {
  constexpr product_layout l = Layout::values;
  using V = backend::fitting_register<T, l.n>;
  constexpr int columns = tiles_of<V>(l).columns, rows = tiles_of<V>(l).rows;
  constexpr extent together = l.m / rows * rows;
  for (extent i = 0; i < together; i += rows) multiply_columns<Layout, V, rows, columns>(a + i * l.row_a, b, y + i * l.n, bias);
  if constexpr (together < l.m) multiply_columns<Layout, V, static_cast<int>(l.m - together), columns>(a + together * l.row_a, b, y + together * l.n, bias);
}

/// Is N a power of two that does not fill a register?
template <class V>
[[nodiscard]] constexpr bool divides_register(extent n) { return n > 1 && n < backend::width<V> && (n & (n - 1)) == 0; }

/// May it be formed of short columns of b that lie one after the other?
template <class T, class Layout, const product_layout& l = Layout::values, class V = backend::fitting_register<T, l.n>>
inline constexpr bool has_short_columns = backend::has_shuffles<V> && divides_register<V>(l.k) && l.n % backend::width<V> == 0 && l.column_a == 1 && l.row_b == 1 && l.column_b == l.k;

/// y = a·b + bias then: a register holds several columns, and neighbours are added until each lane is an element.
template <class Layout, class T>
void multiply_short_columns(const T* a, const T* b, T* y, const T* bias) {
  constexpr product_layout l = Layout::values;
  using V = backend::fitting_register<T, l.n>;
  constexpr int W = backend::width<V>, k = static_cast<int>(l.k);
  for (extent i = 0; i < l.m; ++i) {
    const V row = backend::spread<V, k, 1>(a + i * l.row_a);
    for (extent j = 0; j < l.n; j += W) {
      V part[k];
      TESSERA_UNROLL for (int r = 0; r < k; ++r) part[r] = V(row * backend::load<V>(b + j * k + r * W));
      TESSERA_UNROLL for (int some = k / 2; some > 0; some /= 2)
        TESSERA_UNROLL for (int r = 0; r < some; ++r) part[r] = backend::sums_of_pairs(part[2 * r], part[2 * r + 1]);
      backend::store_lanes(y + i * l.n + j, bias == nullptr ? part[0] : V(part[0] + backend::load<V>(bias + j)));
    }
  }
}

/// May it be formed as a column times a short row, several rows of the result in a register?
template <class T, class Layout, const product_layout& l = Layout::values, class V = backend::fitting_register<T, l.m * l.n>>
inline constexpr bool has_short_rows = backend::has_shuffles<V> && l.k == 1 && divides_register<V>(l.n) && l.m * l.n % backend::width<V> == 0 && l.row_a == 1 && l.column_b == 1;

template <class Layout, class T>
void multiply_short_rows(const T* a, const T* b, T* y) {
  constexpr product_layout l = Layout::values;
  using V = backend::fitting_register<T, l.m * l.n>;
  constexpr int W = backend::width<V>, n = static_cast<int>(l.n);
  const V row = backend::spread<V, n, 1>(b);
  for (extent i = 0; i < l.m; i += W / n) backend::store_lanes(y + i * n, V(backend::spread<V, W / n, n>(a + i) * row));
}

/// y = a·b + bias for one matrix, y row-major; no bias: null, as it is at compile time, when g++ compares no address with that.
template <class Layout, class T>
constexpr void multiply_matrices(const T* a, const T* b, T* y, const T* bias = nullptr) {
  constexpr product_layout l = Layout::values;
  if (std::is_constant_evaluated()) {
    for (extent i = 0; i < l.m; ++i)
      for (extent j = 0; j < l.n; ++j) {
        T sum = T(0);
        for (extent p = 0; p < l.k; ++p) sum = static_cast<T>(sum + a[i * l.row_a + p * l.column_a] * b[p * l.row_b + j * l.column_b]);
        y[i * l.n + j] = sum;
      }
  } else if constexpr (has_short_columns<T, Layout>) {
    multiply_short_columns<Layout>(a, b, y, bias);
  } else if constexpr (has_short_rows<T, Layout>) {
    multiply_short_rows<Layout>(a, b, y);
    if (bias != nullptr)
      for (extent i = 0; i < l.m; ++i) add_elements<l.n>(y + i * l.n, bias);
  } else if constexpr (l.column_b == 1 && (l.n > 1 || l.column_a != 1) && (l.m * l.n * l.k < 2048 || fits_registers<T>(l))) {
    using V = backend::fitting_register<T, l.n>;
    constexpr tiles_of<V> tiles(l);
    if constexpr (tiles.is_one) multiply_columns<Layout, V, tiles.rows, tiles.columns>(a, b, y, bias);  // in place, so that a result which is copied stays in registers
    else multiply_rows<Layout>(a, b, y, bias);
  } else if constexpr (std::is_floating_point_v<T> && l.m * l.n * l.k >= 2048 && l.m <= 128 && l.n <= 128 && l.k <= 128) {
    // Large enough for a kernel that is not made for these extents, and so small that it packs on the stack.
    backend::gemm_here<T>(l.m, l.n, l.k, {a, l.row_a, l.column_a}, {b, l.row_b, l.column_b}, y, l.n, bias);
  } else if constexpr (l.column_a == 1 && l.row_b == 1) {  // rows of a times columns of b
    using V = backend::fitting_register<T, l.k>;
    constexpr extent W = backend::width<V>;
    const auto product = [&](extent i, extent j) TESSERA_INLINE_LAMBDA {
      V sum(T(0));
      backend::for_lanes<V>(l.k, [&](extent p, int lanes) TESSERA_INLINE_LAMBDA {
        sum = V(sum + backend::load_part<V>(a + i * l.row_a + p, lanes, T(0)) * backend::load_part<V>(b + j * l.column_b + p, lanes, T(0)));
      });
      return sum;
    };
    constexpr extent together = l.n / W * W;
    for (extent i = 0; i < l.m; ++i) {
      for (extent j = 0; j < together; j += W) {
        const V sums = [&]<int... C>(std::integer_sequence<int, C...>) TESSERA_INLINE_LAMBDA {
          const V all[] = {product(i, j + C)...};
          return backend::sums_of_lanes(all);
        }(std::make_integer_sequence<int, W>{});
        backend::store_some(y + i * l.n + j, bias == nullptr ? sums : V(sums + backend::load<V>(bias + j)), W);
      }
      if constexpr (together < l.n)
        for (extent j = together; j < l.n; ++j) y[i * l.n + j] = backend::sum_of_lanes(product(i, j)) + (bias == nullptr ? T(0) : bias[j]);
    }
  } else {
    for (extent i = 0; i < l.m; ++i)
      for (extent j = 0; j < l.n; ++j) {
        T sum = bias != nullptr ? bias[j] : T(0);
        for (extent p = 0; p < l.k; ++p) sum = static_cast<T>(sum + a[i * l.row_a + p * l.column_a] * b[p * l.row_b + j * l.column_b]);
        y[i * l.n + j] = sum;
      }
  }
}

template <class A, class MapA, class B, class MapB>
struct product_of {
  static constexpr int a = A::rank, b = B::rank;
  static constexpr product_layout values{A::pattern.at[a - 2],     B::pattern.at[b - 1],     A::pattern.at[a - 1],    MapA::values.at[a - 2],
                                         MapA::values.at[a - 1], MapB::values.at[b - 2], MapB::values.at[b - 1]};
  static constexpr extents pattern = rule::matmul(A::pattern, B::pattern).value_or(extents{});
};

/// Strides of the leading axes of an operand over the batch of the result.
template <class S, class Map, class Batch>
struct batch_map {
  static constexpr extents values = [] {
    extents own = S::pattern, strides = Map::values, out = extents::filled(Batch::rank, 0);
    own.rank = strides.rank = S::rank - 2;
    backend::stretch(own, strides, Batch::pattern, out.at);
    return out;
  }();
};
template <class S>
struct batch_of {
  static constexpr extents pattern = [] {
    extents lead = S::pattern;
    lead.rank = S::rank - 2;
    return lead;
  }();
};

/// Writes a·b over the last two axes to y, plus a bias for each row unless that is null; leading axes are batches and broadcast.
template <Element T, class A, class MapA, class B, class MapB>
constexpr void multiply_to(T* y, const array_ref<T, A, MapA>& a, const array_ref<T, B, MapB>& b, const T* bias = nullptr) {
  using Layout = product_of<A, MapA, B, MapB>;
  using Batch = shape_of<batch_of<shape_of<Layout>>>;
  if constexpr (Batch::rank == 0) return multiply_matrices<Layout>(a.data, b.data, y, bias);  // not through a closure, which would hold the address of y in memory
  else for_each_pair<Batch, batch_map<A, MapA, Batch>, batch_map<B, MapB, Batch>>(
      [&](extent from_a, extent from_b) {
        multiply_matrices<Layout>(a.data + from_a, b.data + from_b, y, bias);
        y += Layout::values.m * Layout::values.n;
      },
      0, 0);
}
template <Element T, class A, class MapA, class B, class MapB>
[[nodiscard]] constexpr auto multiply_arrays(const array_ref<T, A, MapA>& a, const array_ref<T, B, MapB>& b) {
  using S = shape_of<product_of<A, MapA, B, MapB>>;
  array<T, S> y = array<T, S>::uninitialized();
  multiply_to(y.data(), a, b);
  return y;
}

/// Exchanges the last two of some strides.
template <class Map>
struct exchanged_map {
  static constexpr extents values = [] {
    extents out = Map::values;
    out[out.rank - 1] = Map::values[out.rank - 2];
    out[out.rank - 2] = Map::values[out.rank - 1];
    return out;
  }();
};
template <class S>
struct exchanged_shape {
  static constexpr extents pattern = [] {
    extents out = S::pattern;
    out[out.rank - 1] = S::pattern[out.rank - 2];
    out[out.rank - 2] = S::pattern[out.rank - 1];
    return out;
  }();
};
template <Element T, class S, class Map>
[[nodiscard]] constexpr auto transposed(const array_ref<T, S, Map>& x) {
  return array_ref<T, shape_of<exchanged_shape<S>>, exchanged_map<Map>>{x.data};
}

/// All axes but the last merged.
template <class S>
struct row_shape {
  static constexpr extents pattern{S::static_size / (S::pattern.at[S::rank - 1] == 0 ? 1 : S::pattern.at[S::rank - 1]), S::pattern.at[S::rank - 1]};
};
template <Element T, class S>
[[nodiscard]] constexpr auto rows_of(const array_ref<T, S>& x) {
  return array_ref<T, shape_of<row_shape<S>>>{x.data};
}

// The vocabulary of the rules in matmul.hpp.
template <Element T, class A, class MapA, class B, class MapB>
[[nodiscard]] constexpr auto apply(const op::matmul&, const array_ref<T, A, MapA>& a, const array_ref<T, B, MapB>& b) {
  return multiply_arrays(a, b);
}
template <Element T, class S, extent... E>
[[nodiscard]] constexpr array<T, shape<E...>> sum_to(const array_ref<T, S>& x, shape<E...>) {
  if constexpr (std::same_as<S, shape<E...>>) return array<T, S>(S{}, std::span<const T>(x.data, static_cast<std::size_t>(S::static_size)));
  else return add_map<shape<E...>, stretched_strides<shape<E...>, S>>(array<T, S>(S{}, std::span<const T>(x.data, static_cast<std::size_t>(S::static_size))));
}

}  // namespace detail
}  // namespace tessera
