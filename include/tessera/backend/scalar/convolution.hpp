// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions one product at a time: the reference, and the only version for integers.

#include <tessera/backend/scalar/gemm.hpp>  // wrapping
#include <tessera/backend/window.hpp>

#include <algorithm>

namespace tessera::backend::scalar {

namespace detail {

/// Calls f(offset in x, offset in w, offset in y) for every product that a convolution adds up.
template <class F>
void for_each_product(const convolution& c, const F& f) {
  for (extent image = 0; image < c.images; ++image)
    for (extent o = 0; o < c.groups * c.out; ++o)
      for (extent k = 0; k < c.in; ++k)
        for (extent i = 0; i < c.rows.kernel; ++i)
          for (extent j = 0; j < c.columns.kernel; ++j) {
            const extent x = (image * c.groups * c.in + o / c.out * c.in + k) * c.x_plane();
            const extent y = (image * c.groups * c.out + o) * c.y_plane(), w = ((o * c.in + k) * c.rows.kernel + i) * c.columns.kernel + j;
            for (extent r = 0; r < c.rows.output; ++r)
              for (extent s = 0; s < c.columns.output; ++s)
                if (const extent p = c.rows.at(r, i), q = c.columns.at(s, j); c.rows.holds(p) && c.columns.holds(q))
                  f(x + p * c.columns.input + q, w, y + r * c.columns.output + s);
          }
}

/// sum + a·b; integers wrap around.
template <class T>
[[nodiscard]] constexpr T plus_product(T sum, T a, T b) {
  using W = typename wrapping<T>::type;
  return static_cast<T>(static_cast<W>(sum) + static_cast<W>(a) * static_cast<W>(b));
}

}  // namespace detail

template <class T>
void convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  for (extent i = 0; i < c.y_size(); ++i) y[i] = bias != nullptr ? bias[i / c.y_plane() % (c.groups * c.out)] : T(0);
  detail::for_each_product(c, [=](extent i, extent j, extent k) { y[k] = detail::plus_product(y[k], x[i], w[j]); });
}

template <class T>
void convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
  std::fill_n(dx, c.x_size(), T(0));
  detail::for_each_product(c, [=](extent i, extent j, extent k) { dx[i] = detail::plus_product(dx[i], dy[k], w[j]); });
}

template <class T>
void convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  std::fill_n(dw, c.w_size(), T(0));
  detail::for_each_product(c, [=](extent i, extent j, extent k) { dw[j] = detail::plus_product(dw[j], dy[k], x[i]); });
}

}  // namespace tessera::backend::scalar
