// SPDX-License-Identifier: BSL-1.0
#pragma once
// Walking along contiguous rows with registers, for kernels that are no elementwise program: softmax, losses, norms.

#include <tessera/backend/lanes.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/numeric/promotion.hpp>

#include <limits>

namespace tessera::backend {

/// Calls f.operator()<V>() with the register type of the selected backend.
template <class T, class F>
decltype(auto) with_register(F&& f) {
  if constexpr (has_reference_kernels)
    if (selected() == kind::scalar) return f.template operator()<scalar_register<T>>();
  return f.template operator()<simd_register<T>>();
}

inline namespace TESSERA_ARCH {

/// Calls f(offset, lanes) for each register of a row.
TESSERA_CALLS_ANYTHING
template <class V, class F>
TESSERA_INLINE void for_lanes(extent n, F&& f) {
  extent j = 0;
  for (; j + width<V> <= n; j += width<V>) f(j, width<V>);
  if (j < n) f(j, static_cast<int>(n - j));
}

/// The larger value, for fold.
struct larger {
  template <class X>
  TESSERA_INLINE static X combine(X a, X b) { return lane::maximum(a, b); }
};
struct total {
  template <class X>
  TESSERA_INLINE static X combine(X a, X b) { return a + b; }
};

/// The sum of the rows of a matrix, each column added from top to bottom. Four registers of columns go down at a time.
template <class V>
void sum_rows(extent rows, extent columns, const lane_t<V>* x, lane_t<V>* to) {
  using T = lane_t<V>;
  constexpr extent W = width<V>;
  const auto narrow = [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    V sum(T(0));
    for (extent i = 0; i < rows; ++i) sum = sum + load_part<V>(x + i * columns + j, lanes, T(0));
    store_part(to + j, sum, lanes);
  };
  extent j = 0;
  for (; j + 4 * W <= columns; j += 4 * W) {
    V a(T(0)), b = a, c = a, d = a;
    const T* from = x + j;
    for (extent i = 0; i < rows; ++i, from += columns) {
      a = a + load<V>(from);
      b = b + load<V>(from + W);
      c = c + load<V>(from + 2 * W);
      d = d + load<V>(from + 3 * W);
    }
    store_lanes(to + j, a);
    store_lanes(to + j + W, b);
    store_lanes(to + j + 2 * W, c);
    store_lanes(to + j + 3 * W, d);
  }
  for (; j + W <= columns; j += W) narrow(j, width<V>);
  if (j < columns) narrow(j, static_cast<int>(columns - j));
}
/// The largest element of a row; -infinity of none, NaN where there is one.
template <class V>
[[nodiscard]] lane_t<V> row_maximum(const lane_t<V>* x, extent n) {
  using T = lane_t<V>;
  constexpr T lowest = -std::numeric_limits<T>::infinity();
  constexpr extent W = width<V>;
  V a(lowest), b = a, c = a, d = a;  // several, because each waits for itself
  extent i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    a = lane::maximum(a, load<V>(x + i));
    b = lane::maximum(b, load<V>(x + i + W));
    c = lane::maximum(c, load<V>(x + i + 2 * W));
    d = lane::maximum(d, load<V>(x + i + 3 * W));
  }
  for_lanes<V>(n - i, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { a = lane::maximum(a, load_part<V>(x + i + j, lanes, lowest)); });
  return fold<larger>(lane::maximum(lane::maximum(a, b), lane::maximum(c, d)), width<V>);
}
/// The sum of all lanes, in registers.
template <class V>
[[nodiscard]] TESSERA_INLINE lane_t<V> sum_of_lanes(const V& value) {
#if TESSERA_USE_XSIMD
  if constexpr (lane::is_batch<V>) {
    if constexpr (requires { reduce_add(value); }) return reduce_add(value);  // since xsimd 9
    else return hadd(value);
  } else {
    return value;
  }
#else
  return value;
#endif
}

#if TESSERA_USE_XSIMD && defined(__AVX512F__)
namespace isa {
// [a, b, c, ...]: the sums of 16 registers. (The haddp of xsimd 8 mixes up the rows of this register.)
[[nodiscard]] TESSERA_INLINE __m512 sums_of_sixteen(const xsimd::batch<float>* rows) {
  const auto two = [&](int i) TESSERA_INLINE_LAMBDA {  // in each quarter a, b, a, b
    const __m512 a = rows[i], b = rows[i + 1];
    return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  };
  const auto four = [&](int i) TESSERA_INLINE_LAMBDA {  // in each quarter a, b, c, d
    const __m512d a = _mm512_castps_pd(two(i)), b = _mm512_castps_pd(two(i + 2));
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
  };
  const auto halves = [](__m512 a, __m512 b) TESSERA_INLINE_LAMBDA { return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd)); };
  return halves(halves(four(0), four(4)), halves(four(8), four(12)));
}
}  // namespace isa
#endif

/// The sums of the lanes of as many registers as one has lanes, in one.
template <class V>
[[nodiscard]] TESSERA_INLINE V sums_of_lanes(const V* rows) {
  using T = lane_t<V>;
  if constexpr (width<V> == 1) {
    return rows[0];
  } else {
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
    if constexpr (std::is_same_v<V, xsimd::batch<float>>) return V(isa::sums_of_sixteen(rows));
    else
#endif
    if constexpr (std::is_floating_point_v<T> && requires { haddp(rows); }) {
      return haddp(rows);
    } else {
      T sums[width<V>];
      for (int i = 0; i < width<V>; ++i) sums[i] = sum_of_lanes(rows[i]);
      return load<V>(sums);
    }
  }
}

/// Can lanes be put in another order, as the two functions below do?
#if TESSERA_HAS_SHUFFLE
template <class V>
inline constexpr bool has_shuffles = isa::has_masks<V>;
namespace isa {
// The lanes of `some`, twice and twice again until they fill V. (A register that is widened at once goes through memory.)
template <class V, int Count>
[[nodiscard]] TESSERA_INLINE auto repeated_lanes(typename vector_of<lane_t<V>, Count * sizeof(lane_t<V>)>::type some) {
  if constexpr (Count == width<V>) return some;
  else return repeated_lanes<V, 2 * Count>([&]<int... I>(std::integer_sequence<int, I...>) TESSERA_INLINE_LAMBDA { return __builtin_shufflevector(some, some, I...); }(std::make_integer_sequence<int, 2 * Count>{}));
}
}  // namespace isa
/// Lane i is from[i / Each % Count]; both are powers of two.
template <class V, int Count, int Each, class T = lane_t<V>>
[[nodiscard]] TESSERA_INLINE V spread(const T* from) {
  if constexpr (Count == 1) {
    return V(*from);
  } else {
    typename isa::vector_of<T, Count * sizeof(T)>::type some;
    __builtin_memcpy(&some, from, sizeof(some));
    const auto all = isa::repeated_lanes<V, Count>(some);
    if constexpr (Each == 1) return std::bit_cast<V>(all);
    else return [&]<int... I>(std::integer_sequence<int, I...>) TESSERA_INLINE_LAMBDA { return std::bit_cast<V>(__builtin_shufflevector(all, all, (I / Each % Count)...)); }(std::make_integer_sequence<int, width<V>>{});
  }
}
/// The sums of neighbours: those of a, then those of b.
template <class V>
[[nodiscard]] TESSERA_INLINE V sums_of_pairs(const V& a, const V& b) {
  return [&]<int... I>(std::integer_sequence<int, I...>) TESSERA_INLINE_LAMBDA {
    using vector = typename isa::vector_of<lane_t<V>, sizeof(V)>::type;
    const vector x = std::bit_cast<vector>(a), y = std::bit_cast<vector>(b);
    return std::bit_cast<V>(vector(__builtin_shufflevector(x, y, (2 * I)...) + __builtin_shufflevector(x, y, (2 * I + 1)...)));
  }(std::make_integer_sequence<int, width<V>>{});
}
#else
template <class V>
inline constexpr bool has_shuffles = false;
template <class V, int Count, int Each>
V spread(const lane_t<V>* from);  // nobody calls these
template <class V>
V sums_of_pairs(const V& a, const V& b);
#endif

/// The sum over a row of what term(offset, lanes) gives: 0 in lanes beyond the row. Four registers carry a stretch of it, so that
/// additions do not wait for each other; stretches meet in wide numbers.
TESSERA_CALLS_ANYTHING
template <class V, class F>
[[nodiscard]] TESSERA_INLINE accumulate_t<lane_t<V>> row_total(extent n, F&& term) {
  constexpr extent W = width<V>, stretch = 256 * W;
  accumulate_t<lane_t<V>> sum = 0;
  for (extent start = 0; start < n; start += stretch) {
    const extent stop = start + stretch < n ? start + stretch : n;
    V a(lane_t<V>(0)), b = a, c = a, d = a;
    extent j = start;
    for (; j + 4 * W <= stop; j += 4 * W) {
      a = a + term(j, width<V>);
      b = b + term(j + W, width<V>);
      c = c + term(j + 2 * W, width<V>);
      d = d + term(j + 3 * W, width<V>);
    }
    for (; j + W <= stop; j += W) a = a + term(j, width<V>);
    if (j < stop) b = b + term(j, static_cast<int>(stop - j));
    sum += static_cast<accumulate_t<lane_t<V>>>(sum_of_lanes(V((a + b) + (c + d))));
  }
  return sum;
}
/// The sum of e^(x - shift) over a row.
template <class V>
[[nodiscard]] lane_t<V> row_sum_of_exp(const lane_t<V>* x, extent n, lane_t<V> shift) {
  using T = lane_t<V>;
  V s(T(0));
  const V by(shift);
  for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    s = s + lane::exp(V(load_part<V>(x + j, lanes, -std::numeric_limits<T>::infinity()) - by));
  });
  return fold<total>(s, width<V>);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
