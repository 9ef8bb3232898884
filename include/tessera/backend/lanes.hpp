// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the kernels need of a register type besides the vocabulary of rules: its width, loads, stores and sums. A plain
// number is a register of one lane, so the same kernels serve the scalar and the simd backend.

#include <tessera/expr/program.hpp>
#include <tessera/numeric/lane.hpp>
#include <tessera/shape/extents.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

namespace isa {
template <class V>
struct lane_traits {
  using type = V;
  static constexpr int width = 1;
};
#if TESSERA_USE_XSIMD
template <class T, class A>
struct lane_traits<xsimd::batch<T, A>> {
  using type = T;
  static constexpr int width = static_cast<int>(xsimd::batch<T, A>::size);
};
#endif
}  // namespace isa

/// The number type of a lane, and how many a register has.
template <class V>
using lane_t = typename isa::lane_traits<V>::type;
template <class V>
inline constexpr int width = isa::lane_traits<V>::width;

/// The reference: one lane.
template <class T>
using scalar_register = T;

/// The widest register for T that the build allows.
namespace isa {
template <class T>
struct widest {
  using type = T;
};
#if TESSERA_USE_XSIMD
template <class T>
  requires(std::is_floating_point_v<T> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>)
struct widest<T> {
  using type = xsimd::batch<T>;
};
#endif
}  // namespace isa
template <class T>
using simd_register = typename isa::widest<T>::type;

/// A source whose elements are computed from their position, as a random mask is.
template <class E>
concept Generated = requires { typename E::generated_tag; };

/// Reads `width` elements of type E, `stride` apart, each converted to the lane type.
template <class V, class E>
[[nodiscard]] TESSERA_INLINE V load(const E* from, extent stride = 1) {
  using T = lane_t<V>;
  if constexpr (width<V> == 1) {
    return static_cast<T>(*from);
  } else {
    if constexpr (std::same_as<T, E>)
      if (stride == 1) return V::load_unaligned(from);
    T lanes[width<V>];
    for (int i = 0; i < width<V>; ++i) lanes[i] = static_cast<T>(from[i * stride]);
    return V::load_unaligned(lanes);
  }
}

/// Writes `width` lanes (its name differs from store, which would find xsimd's for aligned memory) as elements of type R, `stride` apart.
template <class R, class V>
TESSERA_INLINE void store_lanes(R* to, V value, extent stride = 1) {
  using T = lane_t<V>;
  if constexpr (width<V> == 1) {
    *to = static_cast<R>(value);
  } else {
    if constexpr (std::same_as<T, R>)
      if (stride == 1) return value.store_unaligned(to);
    T lanes[width<V>];
    value.store_unaligned(lanes);
    for (int i = 0; i < width<V>; ++i) to[i * stride] = static_cast<R>(lanes[i]);
  }
}

/// The same for aligned memory, past the caches where that can be done; end_stream() must follow.
template <class R, class V>
TESSERA_INLINE void stream_lanes(R* to, V value) {
#if TESSERA_USE_XSIMD && defined(__SSE2__)
  if constexpr (std::same_as<lane_t<V>, R>) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64) return _mm512_stream_si512(reinterpret_cast<__m512i*>(to), std::bit_cast<__m512i>(value));
#endif
#if defined(__AVX__)
    if constexpr (sizeof(V) == 32) return _mm256_stream_si256(reinterpret_cast<__m256i*>(to), std::bit_cast<__m256i>(value));
#endif
    if constexpr (sizeof(V) == 16) return _mm_stream_si128(reinterpret_cast<__m128i*>(to), std::bit_cast<__m128i>(value));
  }
#endif
  store_lanes(to, value);
}

namespace isa {
/// Does a register load and store any number of lanes?
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
template <class V>
inline constexpr bool has_masks = sizeof(V) == 64 && std::is_floating_point_v<lane_t<V>>;
#elif TESSERA_USE_XSIMD && defined(__AVX2__)
template <class V>
inline constexpr bool has_masks = sizeof(V) == 32 && std::is_floating_point_v<lane_t<V>>;
/// All bits of the first `lanes` lanes, which are 32 bytes in all.
template <class T>
[[nodiscard]] TESSERA_INLINE __m256i mask_of(int lanes) {
  alignas(32) static constexpr std::int32_t bits[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bits + 8 - lanes * static_cast<int>(sizeof(T) / 4)));
}
#else
template <class V>
inline constexpr bool has_masks = false;
#endif
}  // namespace isa

#if defined(__GNUC__)
namespace isa {
/// The compilers' own vectors of so many bytes: their shuffles are written once for every instruction set.
template <class T, std::size_t Bytes>
struct vector_of {
  typedef T type __attribute__((vector_size(Bytes)));
};
}  // namespace isa
#endif

/// The first `lanes` elements at `from`; the other lanes hold `rest`.
template <class V>
[[nodiscard]] TESSERA_INLINE V load_part(const lane_t<V>* from, int lanes, lane_t<V> rest) {
  if (lanes >= width<V>) return load<V>(from);
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
  if constexpr (isa::has_masks<V>) {
    if constexpr (sizeof(lane_t<V>) == 4) return V(_mm512_mask_loadu_ps(V(rest), static_cast<__mmask16>((1U << lanes) - 1), from));
    else return V(_mm512_mask_loadu_pd(V(rest), static_cast<__mmask8>((1U << lanes) - 1), from));
  }
#elif TESSERA_USE_XSIMD && defined(__AVX2__)
  if constexpr (isa::has_masks<V>) {
    const __m256i mask = isa::mask_of<lane_t<V>>(lanes);
    if constexpr (sizeof(lane_t<V>) == 4) return V(_mm256_blendv_ps(V(rest), _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask)));
    else return V(_mm256_blendv_pd(V(rest), _mm256_maskload_pd(from, mask), _mm256_castsi256_pd(mask)));
  }
#endif
  lane_t<V> x[width<V>];
  for (int i = 0; i < width<V>; ++i) x[i] = i < lanes ? from[i] : rest;
  return load<V>(x);
}
/// Writes the first `lanes` lanes.
template <class V>
TESSERA_INLINE void store_part(lane_t<V>* to, V value, int lanes) {
  if (lanes >= width<V>) return store_lanes(to, value);
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
  if constexpr (isa::has_masks<V>) {
    if constexpr (sizeof(lane_t<V>) == 4) return _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << lanes) - 1), value);
    else return _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1U << lanes) - 1), value);
  }
#elif TESSERA_USE_XSIMD && defined(__AVX2__)
  if constexpr (isa::has_masks<V>) {
    if constexpr (sizeof(lane_t<V>) == 4) return _mm256_maskstore_ps(to, isa::mask_of<lane_t<V>>(lanes), value);
    else return _mm256_maskstore_pd(to, isa::mask_of<lane_t<V>>(lanes), value);
  }
#endif
  lane_t<V> x[width<V>];
  store_lanes(x, value);
  for (int i = 0; i < lanes; ++i) to[i] = x[i];
}

/// Folds the first `lanes` lanes with the combiner, pairwise when the register is full.
template <class Combine, class V>
[[nodiscard]] TESSERA_FN inline lane_t<V> fold(V value, int lanes) {
  using T = lane_t<V>;
  if constexpr (width<V> == 1) {
    return value;
  } else {
    T x[width<V>];
    value.store_unaligned(x);
    if (lanes == width<V>) {
      for (int half = width<V> / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i) x[i] = Combine::combine(x[i], x[i + half]);
      return x[0];
    }
    T result = x[0];
    for (int i = 1; i < lanes; ++i) result = Combine::combine(result, x[i]);
    return result;
  }
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
