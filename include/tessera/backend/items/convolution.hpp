// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions as items: one for each element that is written, or a team for each element of the weight, whose sums are long.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/backend/scalar/gemm.hpp>  // wrapping
#include <tessera/backend/window.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// A sum of products; integers wrap around.
template <class T>
struct sum_of_products {
  using number = typename scalar::detail::wrapping<T>::type;
  number sum = number(0);

  TESSERA_FN void add(T a, T b) { sum = static_cast<number>(sum + static_cast<number>(a) * static_cast<number>(b)); }
  [[nodiscard]] TESSERA_FN T value() const { return static_cast<T>(sum); }
};

/// An element of y = x * w + bias.
template <class T>
struct element_of_convolution {
  convolution c;
  const T *x, *w, *bias;
  T* y;

  TESSERA_FN void operator()(extent to) const {
    const extent s = to % c.columns.output, r = to / c.columns.output % c.rows.output, channel = to / c.y_plane(), channels = c.groups * c.out;
    const extent image = channel / channels, o = channel % channels;
    const extent top = c.rows.first_tap(r), bottom = c.rows.last_tap(r), left = c.columns.first_tap(s), right = c.columns.last_tap(s);
    const T* plane = x + (image * c.groups + o / c.out) * c.in * c.x_plane();
    const T* taps = w + o * c.in * c.taps();
    sum_of_products<T> sum;
    if (bias != nullptr) sum.add(bias[o], T(1));
    for (extent k = 0; k < c.in; ++k, plane += c.x_plane(), taps += c.taps())
      for (extent i = top; i < bottom; ++i) {
        const T* line = plane + c.rows.at(r, i) * c.columns.input;
        for (extent j = left; j < right; ++j) sum.add(line[c.columns.at(s, j)], taps[i * c.columns.kernel + j]);
      }
    y[to] = sum.value();
  }
};

/// An element of the adjoint with respect to x: what every result that reads it gives.
template <class T>
struct input_of_convolution {
  convolution c;
  const T *dy, *w;
  T* dx;

  TESSERA_FN void operator()(extent to) const {
    const extent q = to % c.columns.input, p = to / c.columns.input % c.rows.input, channel = to / c.x_plane(), channels = c.groups * c.in;
    const extent image = channel / channels, group = channel % channels / c.in, k = channel % c.in;
    sum_of_products<T> sum;
    for (extent i = 0; i < c.rows.kernel; ++i) {
      const extent r = c.rows.reader(p, i);
      if (r < 0) continue;
      for (extent j = 0; j < c.columns.kernel; ++j) {
        const extent s = c.columns.reader(q, j);
        if (s < 0) continue;
        const T* from = dy + (image * c.groups + group) * c.out * c.y_plane() + r * c.columns.output + s;
        const T* tap = w + (group * c.out * c.in + k) * c.taps() + i * c.columns.kernel + j;
        for (extent o = 0; o < c.out; ++o, from += c.y_plane(), tap += c.in * c.taps()) sum.add(*from, *tap);
      }
    }
    dx[to] = sum.value();
  }
};

/// An element of the adjoint with respect to w: a sum over all images and results.
template <class T>
struct weight_of_convolution {
  convolution c;
  const T *dy, *x;
  T* dw;

  template <class Team>
  TESSERA_FN void operator()(extent to, const Team& team) const {
    const extent j = to % c.columns.kernel, i = to / c.columns.kernel % c.rows.kernel, k = to / c.taps() % c.in, o = to / c.taps() / c.in;
    const extent plane = c.y_plane();
    sum_of_products<T> sum;
    for (extent at = team.lane(); at < c.images * plane; at += team.lanes()) {
      const extent image = at / plane, r = at % plane / c.columns.output, s = at % c.columns.output;
      const extent p = c.rows.at(r, i), q = c.columns.at(s, j);
      if (c.rows.holds(p) && c.columns.holds(q))
        sum.add(dy[(image * c.groups * c.out + o) * plane + at % plane], x[((image * c.groups + o / c.out) * c.in + k) * c.x_plane() + p * c.columns.input + q]);
    }
    sum.sum = team.template combine<sum_of_items>(sum.sum);
    if (team.lane() == 0) dw[to] = sum.value();
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
