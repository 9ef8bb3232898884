// SPDX-License-Identifier: BSL-1.0
#pragma once
// A quotient by a square root. The widest registers divide so slowly that correcting an estimate is quicker.

#include <tessera/backend/lanes.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

#if TESSERA_USE_XSIMD && defined(__AVX512F__)
namespace isa {

// √v. An estimate r of 1/√v has 14 right bits; one step of Newton's method, s + (v - s²)·r/2 of s = v·r, doubles them.
// What is no normal number stays as it is: 0, infinity and NaN are their own roots.
[[nodiscard]] TESSERA_INLINE __m512 root_of(__m512 v) {
  const __m512 r = _mm512_rsqrt14_ps(v), s = _mm512_mul_ps(v, r);
  const __m512 step = _mm512_mul_ps(_mm512_fnmadd_ps(s, s, v), _mm512_mul_ps(r, _mm512_set1_ps(0.5F)));
  const __mmask16 from_least = _mm512_cmp_ps_mask(v, _mm512_set1_ps(0x1p-126F), _CMP_GE_OQ);
  return _mm512_mask_add_ps(v, _mm512_mask_cmp_ps_mask(from_least, v, _mm512_set1_ps(0x1.fffffep127F), _CMP_LE_OQ), s, step);
}

// a / b, likewise: q + (a - q·b)·r of q = a·r. Where that is no number, as it is where r or q is infinite, the division decides.
[[nodiscard]] TESSERA_INLINE __m512 quotient_of(__m512 a, __m512 b) {
  const __m512 r = _mm512_rcp14_ps(b), q = _mm512_mul_ps(a, r), y = _mm512_fmadd_ps(_mm512_fnmadd_ps(q, b, a), r, q);
  if (_mm512_cmp_ps_mask(y, y, _CMP_UNORD_Q) != 0) [[unlikely]] return _mm512_div_ps(a, b);
  return y;
}

}  // namespace isa
#endif

/// a / (√v · scale + shift) for v and shift that are not negative, within two units of the last place; √v of a v below 2^-126 is v.
template <class V>
[[nodiscard]] TESSERA_INLINE V over_root(const V& a, const V& v, const V& scale, const V& shift) {
#if TESSERA_USE_XSIMD && defined(__AVX512F__)
  if constexpr (sizeof(V) == 64 && std::is_same_v<lane_t<V>, float>) return V(isa::quotient_of(a, _mm512_fmadd_ps(isa::root_of(v), scale, shift)));
  else
#endif
  return V(a / V(lane::sqrt(v) * scale + shift));
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
