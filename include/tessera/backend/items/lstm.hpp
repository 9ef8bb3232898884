// SPDX-License-Identifier: BSL-1.0
#pragma once
// The steps of an LSTM as items: for each step a matrix product, then the gates of each hidden value of each row.

#include <tessera/backend/items/elementwise.hpp>  // copy_of
#include <tessera/backend/items/gemm.hpp>
#include <tessera/numeric/lane.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The gates of one hidden value: `gates` [batch, 4 n] hold what inputs and state give, and become i, f, g and o.
template <class T>
struct lstm_gates {
  extent n;
  T* gates;
  const T* c_before;  // null for zeros
  T *c, *h;

  TESSERA_FN void operator()(extent at) const {
    T* own = gates + at / n * 4 * n + at % n;
    const T i = sigmoid(own[0]), f = sigmoid(own[n]), g = lane::tanh(own[2 * n]), o = sigmoid(own[3 * n]);
    const T cell = f * (c_before == nullptr ? T(0) : c_before[at]) + i * g;
    own[0] = i;
    own[n] = f;
    own[2 * n] = g;
    own[3 * n] = o;
    c[at] = cell;
    h[at] = o * lane::tanh(cell);
  }

 private:
  [[nodiscard]] TESSERA_FN static T sigmoid(T x) { return T(1) / (T(1) + lane::exp(-x)); }
};

/// The same backwards. dc holds the adjoint of c that comes from the step after and becomes that of c'.
template <class T>
struct lstm_gate_gradients {
  extent n;
  const T *gates, *c, *c_before, *g, *recurrent;  // c_before and recurrent: null for zeros
  T *dc, *dgates;

  TESSERA_FN void operator()(extent at) const {
    const T* own = gates + at / n * 4 * n + at % n;
    T* to = dgates + at / n * 4 * n + at % n;
    const T i = own[0], f = own[n], u = own[2 * n], o = own[3 * n], t = lane::tanh(c[at]);
    const T dh = g[at] + (recurrent == nullptr ? T(0) : recurrent[at]), d = dc[at] + dh * o * (T(1) - t * t);
    to[0] = d * u * i * (T(1) - i);
    to[n] = d * (c_before == nullptr ? T(0) : c_before[at]) * f * (T(1) - f);
    to[2 * n] = d * i * (T(1) - u * u);
    to[3 * n] = dh * t * o * (T(1) - o);
    dc[at] = d * f;
  }
};

/// to = a + b.
template <class T>
struct sum_of_two {
  const T *a, *b;
  T* to;
  TESSERA_FN void operator()(extent i) const { to[i] = a[i] + b[i]; }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
