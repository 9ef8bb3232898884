// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions of images and what their gradients are made of.

#include <tessera/backend/scalar/convolution.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/backend/simd/convolution.hpp>
#include <tessera/backend/simd/convolution_weight.hpp>
#include <tessera/backend/items/convolution.hpp>
#include <tessera/backend/items/cudnn_convolution.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

namespace isa {
/// Is there a product to add up, and are registers to do it?
template <class T>
[[nodiscard]] bool in_registers(const convolution& c) {
  return std::is_floating_point_v<T> && selected() == kind::simd && c.y_size() > 0 && c.w_size() > 0 && c.x_size() > 0;
}
}  // namespace isa

/// y = x * w + bias, where bias is null or has an element for each channel of y.
///   cost   2·y_size·in·taps flop, without a copy of x for each tap, or down to a quarter of them by Winograd's transforms; uses several threads
///   The order of summation depends on the extents only, so any number of threads gives equal bits.
///   error  std::bad_alloc
template <class T>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
#if TESSERA_USE_CUDNN
  if constexpr (std::is_floating_point_v<T>)
    if (items::cudnn::convolve<T>(c, x, w, bias, y)) return;
#endif
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::convolve<T>(c, x, w, bias, y);
#endif
  if constexpr (std::is_floating_point_v<T>)
    if (isa::in_registers<T>(c)) return simd::convolve<simd_register<T>>(c, x, w, bias, y);
  scalar::convolve(c, x, w, bias, y);
}

/// The adjoint with respect to x: each product x·w -> y gives dy·w to dx.
template <class T>
void convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
#if TESSERA_USE_CUDNN
  if constexpr (std::is_floating_point_v<T>)
    if (items::cudnn::convolve_input<T>(c, dy, w, dx)) return;
#endif
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::convolve_input<T>(c, dy, w, dx);
#endif
  if constexpr (std::is_floating_point_v<T>)
    if (isa::in_registers<T>(c)) return simd::convolve_input<simd_register<T>>(c, dy, w, dx);
  scalar::convolve_input(c, dy, w, dx);
}

/// The adjoint with respect to w: each product x·w -> y gives dy·x to dw.
template <class T>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
#if TESSERA_USE_CUDNN
  if constexpr (std::is_floating_point_v<T>)
    if (items::cudnn::convolve_weight<T>(c, dy, x, dw)) return;
#endif
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::convolve_weight<T>(c, dy, x, dw);
#endif
  if constexpr (std::is_floating_point_v<T>)
    if (isa::in_registers<T>(c)) return simd::convolve_weight<simd_register<T>>(c, dy, x, dw);
  scalar::convolve_weight(c, dy, x, dw);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
