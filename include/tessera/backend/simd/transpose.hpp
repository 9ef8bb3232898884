// SPDX-License-Identifier: BSL-1.0
#pragma once
// Transposition in registers: quarters of a register are loaded from rows that lie apart, so that two rounds of
// interleaving within 16 bytes, which every instruction set has in one instruction, finish it.

#include <tessera/backend/lanes.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace tessera::backend::simd {
inline namespace TESSERA_ARCH {

namespace detail {

// Lanes of 16 bytes.
template <class T>
inline constexpr int quad = 16 / static_cast<int>(sizeof(T));

#if TESSERA_USE_XSIMD && defined(__GNUC__)
template <class T, int Bytes>
using vector = typename isa::vector_of<T, Bytes>::type;

template <class V>
inline constexpr bool transposes = (sizeof(lane_t<V>) == 4 || sizeof(lane_t<V>) == 8) && (sizeof(V) == 16 || sizeof(V) == 32 || sizeof(V) == 64);

// 16 bytes of each of several rows, one after the other.
template <class R, class Half, int... I>
[[nodiscard]] TESSERA_INLINE R joined(Half a, Half b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, I...);
}
template <class T, int Bytes>
[[nodiscard]] TESSERA_INLINE vector<T, Bytes> join_quads(const T* from, extent jump) {
  if constexpr (Bytes == 16) {
    vector<T, 16> q;
    std::memcpy(&q, from, 16);
    return q;
  } else {
    return joined<vector<T, Bytes>>(join_quads<T, Bytes / 2>(from, jump), join_quads<T, Bytes / 2>(from + Bytes / 32 * jump, jump),
                                    std::make_integer_sequence<int, Bytes / static_cast<int>(sizeof(T))>{});
  }
}

// Low (High = 0) or high halves of each Q elements of a and b, interleaved in units of `Unit` elements.
template <int Q, int Unit, int High, class R, int... I>
[[nodiscard]] TESSERA_INLINE R interleave(R a, R b, std::integer_sequence<int, I...>) {
  constexpr int W = sizeof...(I);
  return __builtin_shufflevector(a, b, (I / Q * Q + High * Q / 2 + I % Q / (2 * Unit) * Unit + I % Unit + I / Unit % 2 * W)...);
}

/// to[c * to_step + r] = from[r * from_step + c] for a quad of columns c and a register of rows r.
template <int Bytes, class T>
TESSERA_INLINE void transpose_quad(T* to, extent to_step, const T* from, extent from_step) {
  constexpr int Q = quad<T>;
  using R = vector<T, Bytes>;
  constexpr std::make_integer_sequence<int, Bytes / static_cast<int>(sizeof(T))> lanes;
  const auto put = [&](int column, R r) TESSERA_INLINE_LAMBDA { std::memcpy(to + column * to_step, &r, sizeof(R)); };
  const auto row = [&](int r) TESSERA_INLINE_LAMBDA { return join_quads<T, Bytes>(from + r * from_step, Q * from_step); };
  if constexpr (Q == 2) {
    const R a = row(0), b = row(1);
    put(0, interleave<Q, 1, 0>(a, b, lanes));
    put(1, interleave<Q, 1, 1>(a, b, lanes));
  } else {
    const R a = row(0), b = row(1), c = row(2), d = row(3);
    const R e = interleave<Q, 1, 0>(a, b, lanes), f = interleave<Q, 1, 0>(c, d, lanes), g = interleave<Q, 1, 1>(a, b, lanes), h = interleave<Q, 1, 1>(c, d, lanes);
    put(0, interleave<Q, 2, 0>(e, f, lanes));
    put(1, interleave<Q, 2, 1>(e, f, lanes));
    put(2, interleave<Q, 2, 0>(g, h, lanes));
    put(3, interleave<Q, 2, 1>(g, h, lanes));
  }
}

/// As many rows as fill registers of this size and of smaller ones; returns how many those are.
template <int Bytes, class T>
[[nodiscard]] extent transpose_rows(T* to, extent to_step, const T* from, extent from_step, extent rows, extent columns) {
  constexpr extent W = Bytes / static_cast<int>(sizeof(T)), Q = quad<T>;
  extent r = 0;
  for (; r + W <= rows; r += W)
    for (extent c = 0; c < columns; c += Q) {
      const extent at = std::min(c, columns - Q);  // the last quad may overlap the one before
      transpose_quad<Bytes>(to + at * to_step + r, to_step, from + r * from_step + at, from_step);
    }
  if constexpr (Bytes > 16) r += transpose_rows<16>(to + r, to_step, from + r * from_step, from_step, rows - r, columns);
  return r;
}
#else
template <class V>
inline constexpr bool transposes = false;
#endif

/// to[c * to_step + r] = from[r * from_step + c] for c < columns and r < rows.
template <class V, class T = lane_t<V>>
void transpose_block(T* to, extent to_step, const T* from, extent from_step, extent rows, extent columns) {
  extent r = 0;
  if constexpr (transposes<V>)
    if (columns >= quad<T>) {
      constexpr extent fewest = 16 / static_cast<int>(sizeof(T));
      r = transpose_rows<static_cast<int>(sizeof(V))>(to, to_step, from, from_step, rows, columns);
      const extent again = rows - fewest;  // the last ones may overlap those before
      if (r < rows && again >= 0) r = again + transpose_rows<16>(to + again, to_step, from + again * from_step, from_step, fewest, columns);
    }
  for (extent c = 0; c < columns; ++c)
    for (extent i = r; i < rows; ++i) to[c * to_step + i] = from[i * from_step + c];
}

#if TESSERA_USE_XSIMD && defined(__AVX512F__)
// Of every 2·Distance elements of a and b: the first halves to a, the second halves to b.
template <int Distance, class R, int... L>
TESSERA_INLINE void exchange(R& a, R& b, std::integer_sequence<int, L...>) {
  constexpr int W = sizeof...(L);
  const R low = __builtin_shufflevector(a, b, (L / Distance % 2 == 0 ? L : L - Distance + W)...);
  b = __builtin_shufflevector(a, b, (L / Distance % 2 == 0 ? L + Distance : L + W)...);
  a = low;
}
template <int Distance, int W, class R>
TESSERA_INLINE void exchange_all(R* r) {
  TESSERA_UNROLL for (int i = 0; i < W / 2; ++i) {
    const int first = i / Distance * 2 * Distance + i % Distance;
    exchange<Distance>(r[first], r[first + Distance], std::make_integer_sequence<int, W>{});
  }
}

// Rows of a cache line, as many as it has elements: each line is read and written once and whole, past the caches where
// `stream` says so.
template <class T>
void transpose_lines(T* to, extent to_step, const T* from, extent from_step, bool stream, extent ahead) {
  constexpr int W = 64 / static_cast<int>(sizeof(T));
  using R = vector<T, 64>;
  R r[W];
  TESSERA_UNROLL for (int i = 0; i < W; ++i) std::memcpy(&r[i], from + i * from_step, 64);
  if constexpr (W == 16) exchange_all<8, W>(r);
  exchange_all<4, W>(r);
  exchange_all<2, W>(r);
  exchange_all<1, W>(r);
  TESSERA_UNROLL for (int i = 0; i < W; ++i) {
    if (stream) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i * to_step), std::bit_cast<__m512i>(r[i]));
    } else {
      std::memcpy(to + i * to_step, &r[i], 64);
      __builtin_prefetch(to + i * to_step + ahead, 1);  // where the square after the next is written
    }
  }
}
#endif

/// The same for large matrices: in blocks whose pages the processor keeps at hand.
template <class V, class T = lane_t<V>>
void transpose_matrix(T* to, extent to_step, const T* from, extent from_step, extent rows, extent columns, [[maybe_unused]] bool stream) {
  constexpr extent block_rows = 64, block_columns = 2048 / static_cast<extent>(sizeof(T));
  for (extent c = 0; c < columns; c += block_columns)
    for (extent r = 0; r < rows; r += block_rows) {
      const extent some_rows = std::min(block_rows, rows - r), some_columns = std::min(block_columns, columns - c);
      T* const block_to = to + c * to_step + r;
      const T* const block_from = from + r * from_step + c;
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
      if constexpr (transposes<V> && sizeof(V) == 64) {
        constexpr extent W = width<V>;
        const bool aligned = reinterpret_cast<std::uintptr_t>(block_to) % 64 == 0 && to_step % W == 0;
        const extent full_rows = some_rows / W * W, full_columns = some_columns / W * W;
        const auto square = [&](extent i, extent j, extent ahead) TESSERA_INLINE_LAMBDA {
          transpose_lines<T>(block_to + j * to_step + i, to_step, block_from + i * from_step + j, from_step, stream && aligned, ahead);
        };
        if (to_step > from_step) {
          for (extent j = 0; j < full_columns; j += W)
            for (extent i = 0; i < full_rows; i += W) square(i, j, 2 * W);
        } else {
          for (extent i = 0; i < full_rows; i += W)
            for (extent j = 0; j < full_columns; j += W) square(i, j, 2 * W * to_step);
        }
        if (full_columns < some_columns)
          transpose_block<V>(block_to + full_columns * to_step, to_step, block_from + full_columns, from_step, full_rows, some_columns - full_columns);
        if (full_rows < some_rows)
          transpose_block<V>(block_to + full_rows, to_step, block_from + full_rows * from_step, from_step, some_rows - full_rows, some_columns);
        continue;
      }
#endif
      transpose_block<V>(block_to, to_step, block_from, from_step, some_rows, some_columns);
    }
}

}  // namespace detail

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend::simd
