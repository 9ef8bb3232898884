// SPDX-License-Identifier: BSL-1.0
#pragma once
// Softmax as work on rows.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/numeric/lane.hpp>

#if TESSERA_RUNS_ITEMS

#include <limits>

namespace tessera::backend::items {

/// What every number is above; the name is a constant that GPU code may read.
template <class T>
inline constexpr T lowest_number = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();

/// The larger of two; NaN where either is.
struct larger_of_items {
  static constexpr bool sums = false;
  template <class X>
  TESSERA_FN static constexpr X combine(X a, X b) { return lane::maximum(a, b); }
};

/// The largest element of a row; -infinity of none, NaN where there is one.
template <class T, class Team>
[[nodiscard]] TESSERA_FN T largest_of_row(const T* x, extent n, const Team& team) {
  T top = lowest_number<T>;
  for (extent j = team.lane(); j < n; j += team.lanes()) top = lane::maximum(top, x[j]);
  return team.template combine<larger_of_items>(top);
}
/// The sum of e^(x - shift) over a row.
template <class T, class Team>
[[nodiscard]] TESSERA_FN T sum_of_exp_of_row(const T* x, extent n, T shift, const Team& team) {
  T sum = T(0);
  for (extent j = team.lane(); j < n; j += team.lanes()) sum += lane::exp(static_cast<T>(x[j] - shift));
  return team.template combine<plain_sum>(sum);
}

/// e to the elements of a row divided by their sum, or the logarithm of that.
template <class T, bool Log>
struct softmax_of_row {
  const T* x;
  T* y;
  extent n;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    const T* from = x + row * n;
    T* to = y + row * n;
    const T top = largest_of_row(from, n, team), sum = sum_of_exp_of_row(from, n, top, team);
    const T scale = T(1) / sum, log_sum = lane::log(sum);
    for (extent j = team.lane(); j < n; j += team.lanes()) {
      const T d = from[j] - top;
      if constexpr (Log) to[j] = d - log_sum;
      else to[j] = lane::exp(d) * scale;
    }
  }
};

/// The adjoint of a row of softmax, of its result y and that one's adjoint g: y (g - Σ g y); of the logarithm g - e^y Σ g.
template <class T, bool Log>
struct softmax_gradient_of_row {
  const T *g, *y;
  T* dx;
  extent n;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    const extent first = row * n;
    T sum = T(0);
    for (extent j = first + team.lane(); j < first + n; j += team.lanes()) sum += Log ? g[j] : static_cast<T>(g[j] * y[j]);
    sum = team.template combine<plain_sum>(sum);
    for (extent j = first + team.lane(); j < first + n; j += team.lanes()) {
      if constexpr (Log) dx[j] = g[j] - lane::exp(y[j]) * sum;
      else dx[j] = y[j] * (g[j] - sum);
    }
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
