// SPDX-License-Identifier: BSL-1.0
#pragma once
// Matrix products by cuBLAS: one, a batch whose operands are equally far apart, and any batch, by the addresses of its operands.

#include <tessera/backend/items/cublas_bias.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_USE_CUBLAS

#include <concepts>

namespace tessera::backend::items::cublas {

/// The functions of an element type.
template <std::floating_point T>
struct functions;
template <>
struct functions<float> {
  static constexpr auto one = &cublasSgemm;
  static constexpr auto strided = &cublasSgemmStridedBatched;
  static constexpr auto many = &cublasSgemmBatched;
};
template <>
struct functions<double> {
  static constexpr auto one = &cublasDgemm;
  static constexpr auto strided = &cublasDgemmStridedBatched;
  static constexpr auto many = &cublasDgemmBatched;
};

/// C = bias in every row.
template <class T>
struct rows_of_bias {
  T* c;
  extent n, ldc;
  const T* bias;
  TESSERA_FN void operator()(extent i) const { c[i / n * ldc + i % n] = bias[i % n]; }
};

/// Writes where the operands of each product are.
template <class T>
struct addresses_of_batch {
  factors<T> f;
  const T **a, **b;
  T** c;
  TESSERA_FN void operator()(extent i) const {
    extent from_a, from_b;
    f.all.locate(i, from_a, from_b);
    a[i] = f.a.data + from_a;
    b[i] = f.b.data + from_b;
    c[i] = f.c + i * f.m * f.ldc;
  }
};

/// The products. False where cuBLAS does not take the operands as they are.
template <std::floating_point T>
[[nodiscard]] bool multiply(const factors<T>& f) {
  const auto left = layout_of(f.a, f.m, f.k), right = layout_of(f.b, f.k, f.n);
  const extent products = f.all.count();
  if (!left || !right || f.k == 0 || f.m > most || f.n > most || f.k > most || f.ldc > most || products > most) return false;
  const int gpu = current_device().index(), m = static_cast<int>(f.m), n = static_cast<int>(f.n), k = static_cast<int>(f.k), ldc = static_cast<int>(f.ldc);
  if (f.bias != nullptr) {
    if (products == 1 && multiply_with_bias<T>(f, *left, *right, gpu)) return true;
    launch(products * f.m * f.n, 2, rows_of_bias<T>{f.c, f.n, f.ldc, f.bias});
  }
  const cublasHandle_t with = of(gpu).handle;
  if constexpr (std::same_as<T, float>) check(cublasSetMathMode(with, tessera::gpu::detail::tf32_allowed ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH));
  const T one = 1, old = f.accumulate || f.bias != nullptr ? 1 : 0;
  if (f.all.rank == 0) {
    check(functions<T>::one(with, right->operation, left->operation, n, m, k, &one, f.b.data, right->leading, f.a.data, left->leading, &old, f.c, ldc));
  } else if (f.all.rank == 1) {
    check(functions<T>::strided(with, right->operation, left->operation, n, m, k, &one, f.b.data, right->leading, f.all.b[0], f.a.data, left->leading, f.all.a[0], &old, f.c, ldc, f.m * f.ldc,
                                static_cast<int>(products)));
  } else {
    const block room(3 * static_cast<std::size_t>(products) * sizeof(T*));
    const T** const addresses = static_cast<const T**>(room.data());
    T** const to = const_cast<T**>(addresses + 2 * products);
    launch(products, 16, addresses_of_batch<T>{f, addresses, addresses + products, to});
    check(functions<T>::many(with, right->operation, left->operation, n, m, k, &one, addresses + products, right->leading, addresses, left->leading, &old, to, ldc, static_cast<int>(products)));
  }
  return true;
}

}  // namespace tessera::backend::items::cublas

#endif  // TESSERA_USE_CUBLAS
