// SPDX-License-Identifier: BSL-1.0
#pragma once
// The inner loop of a matrix product: one tile of C in registers; and the packing of panels for it.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/matrix.hpp>
#include <tessera/backend/simd/prefetch.hpp>
#include <tessera/backend/simd/transpose.hpp>

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

// A tile is `tallest` rows by two registers, or half as many by four: as many accumulators as leave room for a row of B and one
// number of A. The squarer it is, the fewer loads go with its multiply-adds.
#if defined(__aarch64__)
inline constexpr bool many_registers = true;
#else
inline constexpr bool many_registers = false;
#endif
template <class V>
inline constexpr int widest = width<V> > 1 && (sizeof(V) == 64 || many_registers) ? 4 : 2;
template <class V>
inline constexpr int tallest = width<V> == 1 ? 4 : widest<V> == 4 ? 12 : 6;

/// How many of the remaining rows a tile takes: a few heights only, each of which is a kernel.
template <class V>
[[nodiscard]] constexpr int height(extent rows) {
  if (rows >= tallest<V>) return tallest<V>;
  if (tallest<V> > 8 && rows >= 8) return 8;
  return rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
}

/// The columns of the next panel of B: as many as a tile, at the end no more registers than are needed.
template <class V>
[[nodiscard]] constexpr extent panel_of(extent columns) {
  const extent registers = (columns + width<V> - 1) / width<V>;
  return (registers >= widest<V> ? widest<V> : registers == 3 ? 2 : registers) * width<V>;
}

/// The rows of a tile: `height` of them from `row` on, of which the first `skip` belong to the tile before.
struct strip {
  extent row;
  int height, skip;
};

/// The next tile of rows [row, end), where every row before them exists too. The last tile may reach back, so that it is one that fills the registers.
template <class V>
[[nodiscard]] constexpr strip next_strip(extent row, extent end) {
  constexpr int most = tallest<V>;
  const extent rest = end - row;
  if (rest >= most) return {row, most > 8 && rest == 16 ? 8 : most, 0};
  const int covers = rest <= 2 ? static_cast<int>(rest) : rest <= 4 ? 4 : most > 8 && rest <= 8 ? 8 : most;
  if (end >= covers) return {end - covers, covers, covers - static_cast<int>(rest)};
  return {row, height<V>(rest), 0};
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
  int columns;     // as many as the registers hold, or fewer
  int skip;        // rows that are not stored
  runs<T> ahead{b}, of_c{b};  // what is needed soon, and the lines of C
  const T* end = nullptr;     // rows of B behind those k, if there are
  extent rows_of_end = 0;
  T* packed = nullptr;  // where the tile writes the rows of B that it reads, one after the other; null: nowhere

  /// Lanes of C in the last of some registers.
  template <class V>
  [[nodiscard]] int lanes_of_last(int registers) const { return columns - (registers - 1) * width<V>; }
};

// Adds what is there, or the bias, to rows of `width_of_row` numbers and writes those that belong to C.
template <class V>
[[gnu::noinline]] void finish_tile(const tile<lane_t<V>>& t, const lane_t<V>* from, int rows, int width_of_row) {
  using T = lane_t<V>;
  for (int r = t.skip; r < rows; ++r)
    for (int j = 0; j < t.columns; j += width<V>) {
      const int lanes = t.columns - j;
      T* c = t.c + r * t.ldc + j;
      V sum = load<V>(from + r * width_of_row + j);
      if (t.accumulate) sum = sum + load_part<V>(c, lanes, T(0));
      if (t.bias != nullptr) sum = sum + load_part<V>(t.bias + j, lanes, T(0));
      store_part(c, sum, lanes);
    }
}

// R rows by N registers. Rows of A are addressed from one pointer for three of them: 0, 1 and 2 times a stride are what
// an x86 address can express, and a pointer for each row would not fit the registers.
template <class V, bool Packs = false, int... R, int... N>
void multiply(tile<lane_t<V>>& t, std::integer_sequence<int, R...>, std::integer_sequence<int, N...>) {
  using T = lane_t<V>;
  constexpr int W = width<V>, rows = sizeof...(R), registers = sizeof...(N);
  V sum[rows][registers];
  const auto clear = [](V* row) TESSERA_INLINE_LAMBDA { ((row[N] = V(T(0))), ...); };
  (clear(sum[R]), ...);
  const T *a[] = {(t.a + R / 3 * 3 * t.across)...}, *b = t.b;
  [[maybe_unused]] T* packed = t.packed;
  const extent across = t.across, along = t.along, step = t.step;
  constexpr bool fetches = rows * registers == 2 * tallest<V> && rows > 4;
  // During the last columns of A the lines of C are fetched, if they are enough columns. If there are hardly any, their stores are what takes the time.
  constexpr extent pieces = rows * (registers * W / runs<T>::piece + 1);
  const extent pace = fetches ? runs<T>::pace_for(pieces, t.k / 4) : 0;
  if (pace > 0) t.of_c = runs<T>(t.c, rows, registers * W + 1, t.ldc).at_pace(pace);
  if (fetches && t.k < 32)
    for (int r = 0; r < rows; ++r)
      for (extent j = 0; j < registers * W + runs<T>::line; j += runs<T>::line) __builtin_prefetch(t.c + r * t.ldc + std::min<extent>(j, registers * W - 1), 1, 3);
  runs<T>* ahead = &t.ahead;
  extent last_columns = pieces * pace, depth = t.k - last_columns, behind = t.rows_of_end;
  for (;;) {
    while (depth > 0) {
      extent stretch = depth;
      if constexpr (fetches) {
        ahead->fetch();
        stretch = std::min(depth, ahead->pace);
      }
      depth -= stretch;
      for (; stretch > 0; --stretch) {
        const V right[] = {load<V>(b + N * W)...};
        if constexpr (Packs) {
          (store_lanes(packed + N * W, right[N]), ...);
          packed += registers * W;
        }
        const auto row = [&](T x, V* to) TESSERA_INLINE_LAMBDA {
          const V left(x);
          ((to[N] = fused(left, right[N], to[N])), ...);
        };
        (row(a[R / 3 * 3][R % 3 * across], sum[R]), ...);
        ((R % 3 == 0 ? hold(a[R] += along) : void()), ...);
        hold(b += step);
      }
    }
    if (last_columns > 0) {
      ahead = &t.of_c;
      depth = std::exchange(last_columns, 0);
    } else if (behind > 0) {
      b = t.end;
      depth = std::exchange(behind, 0);
    } else {
      break;
    }
  }
  const int last = t.template lanes_of_last<V>(registers);
  // A tile that is not all of what it writes is finished aside.
  const bool whole = (isa::has_masks<V> || last == W) && t.skip == 0 && t.bias == nullptr;
  alignas(64) T aside[rows * registers * W];
  T* const to = whole ? t.c : aside;
  const extent jump = whole ? t.ldc : registers * W;
  const auto write = [&](T* line, const V* row) TESSERA_INLINE_LAMBDA {
    ((N + 1 == registers && whole ? store_part(line + N * W, row[N], last) : store_lanes(line + N * W, row[N])), ...);
  };
  if (whole && t.accumulate) {
    const auto add = [&](const T* line, V* row) TESSERA_INLINE_LAMBDA {
      ((row[N] = row[N] + (N + 1 == registers ? load_part<V>(line + N * W, last, T(0)) : load<V>(line + N * W))), ...);
    };
    (add(t.c + R * t.ldc, sum[R]), ...);
  }
  (write(to + R * jump, sum[R]), ...);
  if (!whole) finish_tile<V>(t, aside, rows, registers * W);
}

template <class V, int N>
void run_rows(int rows, tile<lane_t<V>>& t) {
  constexpr std::make_integer_sequence<int, N> registers;
  constexpr int most = tallest<V> * 2 / std::max(N, 2);
  switch (rows) {
    case 1: return multiply<V>(t, std::make_integer_sequence<int, 1>{}, registers);
    case 2: return multiply<V>(t, std::make_integer_sequence<int, 2>{}, registers);
    case 4: return multiply<V>(t, std::make_integer_sequence<int, 4>{}, registers);
    case 8:
      if constexpr (most > 8) return multiply<V>(t, std::make_integer_sequence<int, 8>{}, registers);
      [[fallthrough]];
    default:
      if constexpr (N == widest<V>)
        if (t.packed != nullptr) return multiply<V, true>(t, std::make_integer_sequence<int, most>{}, registers);
      return multiply<V>(t, std::make_integer_sequence<int, most>{}, registers);
  }
}

// Rows for four registers: in two halves where they are many. The tile is changed and put back: a copy would load in whole registers what was just
// stored number by number, and wait for it.
template <class V>
void run_wide(int rows, tile<lane_t<V>>& t) {
  using T = lane_t<V>;
  if (rows <= 4) return run_rows<V, 4>(rows, t);
  const int half = rows / 2, skip = t.skip;
  t.skip = std::min(skip, half);
  if (t.skip < half) run_rows<V, 4>(half, t);
  const extent a = half * t.across, c = half * t.ldc;
  t.a += a;
  t.c += c;
  t.skip = skip - t.skip;
  T* const packed = std::exchange(t.packed, nullptr);
  if (packed != nullptr) {  // the first half has written it
    t.b = packed;
    t.step = 4 * width<V>;
  }
  run_rows<V, 4>(half, t);
  t.packed = packed;
  t.a -= a;
  t.c -= c;
  t.skip = skip;
}

/// Computes a tile of C of a height that next_strip() returns. Nothing outside C is touched; B is readable, and A is,
/// as far as the registers reach. (Loads of B in part would take a turn of a multiply-add each.)
template <class V>
void run_tile(int rows, tile<lane_t<V>>& t) {
  if (t.columns <= width<V>) return run_rows<V, 1>(rows, t);
  if constexpr (widest<V> == 4)
    if (t.columns > 2 * width<V>) return run_wide<V>(rows, t);
  run_rows<V, 2>(rows, t);
}

/// The last rows of a panel of B, where registers reach beyond the last of its elements: a copy with room behind it. (Before them a register
/// holds some of the next row in lanes that are not stored.)
template <class V, class T = lane_t<V>>
struct end_of_panel {
  static constexpr extent most = widest<V> * width<V>;
  alignas(64) T copy[2 * most];

  /// Lets t read the k rows from column j of b on, which has n columns, next to each other, and rows that are apart.
  void read_in_place(tile<T>& t, const matrix<T>& b, extent j, extent n, extent k) {
    const extent beyond = panel_of<V>(n - j) - t.columns;
    t.b = b.at(0, j);
    t.step = b.row_stride;
    t.rows_of_end = beyond <= 0 ? 0 : std::min(k, (beyond + t.step - 1) / t.step);
    t.k = k - t.rows_of_end;
    t.end = beyond <= 0 ? nullptr : copy;
    if (t.end == nullptr) return;
    const extent count = (t.rows_of_end - 1) * t.step + t.columns;
    for (extent i = 0; i < 2 * (t.columns + beyond); i += width<V>) store_lanes(copy + i, load_part<V>(b.at(t.k, j) + i, static_cast<int>(std::max<extent>(count - i, 0)), T(0)));
  }
};

/// to[p * panel + j] = from[j * across + p * along] for j < count, and 0 up to the width of the panel.
template <class V, class T = lane_t<V>>
void pack(T* to, extent panel, const T* from, extent across, extent along, extent count, extent k) {
  if (across == 1) {
    for (extent p = 0; p < k; ++p, from += along, to += panel)
      for (extent j = 0; j < panel; j += width<V>)
        store_part(to + j, load_part<V>(from + j, static_cast<int>(count - j), T(0)), static_cast<int>(panel - j));
    return;
  }
  if (count < panel)
    for (extent p = 0; p < k; ++p)
      for (extent j = count / width<V> * width<V>; j < panel; j += width<V>) store_lanes(to + p * panel + j, V(T(0)));
  if (along == 1) {
    transpose_block<V>(to, panel, from, across, count, k);
  } else {
    for (extent p = 0; p < k; ++p)
      for (extent j = 0; j < count; ++j) to[p * panel + j] = from[j * across + p * along];
  }
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
