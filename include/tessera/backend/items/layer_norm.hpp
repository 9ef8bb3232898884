// SPDX-License-Identifier: BSL-1.0
#pragma once
// layer_norm as work on rows, and what its weight and bias get as sums over columns.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/numeric/lane.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// Writes the moments of a row and its normalised elements. Rows: layer_norm_rows of backend/layer_norm.hpp.
template <class Rows, class T>
struct normalized_row {
  Rows a;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    using wide = accumulate_t<T>;
    const T* x = a.x + row * a.n;
    T* y = a.y + row * a.n;
    const wide count = static_cast<wide>(a.n);
    wide sum = 0;
    for (extent j = team.lane(); j < a.n; j += team.lanes()) sum += static_cast<wide>(x[j]);
    const T mean = static_cast<T>(team.template combine<plain_sum>(sum) / count);
    wide squares = 0;
    for (extent j = team.lane(); j < a.n; j += team.lanes()) {
      const T d = x[j] - mean;
      squares += static_cast<wide>(d * d);
    }
    const T scale = static_cast<T>(1 / lane::sqrt(team.template combine<plain_sum>(squares) / count + static_cast<wide>(a.eps)));
    if (team.lane() == 0) a.mean[row] = mean, a.scale[row] = scale;
    for (extent j = team.lane(); j < a.n; j += team.lanes()) {
      T value = (x[j] - mean) * scale;
      if (a.weight != nullptr) value *= a.weight[j];
      if (a.bias != nullptr) value += a.bias[j];
      y[j] = value;
    }
  }
};

/// Writes dx of a row. Gradients: layer_norm_gradients.
template <class Gradients, class T>
struct gradient_of_normalized_row {
  Gradients a;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    using wide = accumulate_t<T>;
    const T *x = a.x + row * a.n, *g = a.g + row * a.n;
    T* dx = a.dx + row * a.n;
    const T mean = a.mean[row], scale = a.scale[row];
    wide sum = 0, along = 0;
    for (extent j = team.lane(); j < a.n; j += team.lanes()) {
      const T u = a.weight == nullptr ? g[j] : g[j] * a.weight[j];
      sum += static_cast<wide>(u);
      along += static_cast<wide>(u * ((x[j] - mean) * scale));
    }
    const wide count = static_cast<wide>(a.n);
    const T level = static_cast<T>(team.template combine<plain_sum>(sum) / count), slope = static_cast<T>(team.template combine<plain_sum>(along) / count);
    for (extent j = team.lane(); j < a.n; j += team.lanes()) {
      const T u = a.weight == nullptr ? g[j] : g[j] * a.weight[j];
      dx[j] = ((u - level) - (x[j] - mean) * scale * slope) * scale;
    }
  }
};

/// A part of the rows of one column: what the weight and the bias get of it. Parts of a column are added in order afterwards.
template <class Gradients, class T>
struct gradient_of_affine_part {
  Gradients a;
  extent part;         // rows
  T *weights, *biases;  // [parts, n]; null where nobody asks

  TESSERA_FN void operator()(extent i) const {
    const extent j = i % a.n, first = i / a.n * part, last = first + part < a.rows ? first + part : a.rows;
    accumulate_t<T> weight = 0, bias = 0;
    for (extent row = first; row < last; ++row) {
      const T g = a.g[row * a.n + j];
      weight += static_cast<accumulate_t<T>>(g * ((a.x[row * a.n + j] - a.mean[row]) * a.scale[row]));
      bias += static_cast<accumulate_t<T>>(g);
    }
    if (weights != nullptr) weights[i] = static_cast<T>(weight);
    if (biases != nullptr) biases[i] = static_cast<T>(bias);
  }
};

/// The sums of the columns of a matrix, from top to bottom.
template <class T>
struct sum_of_column {
  const T* x;
  extent rows, columns;
  T* to;

  TESSERA_FN void operator()(extent j) const {
    accumulate_t<T> sum = 0;
    for (extent i = 0; i < rows; ++i) sum += static_cast<accumulate_t<T>>(x[i * columns + j]);
    to[j] = static_cast<T>(sum);
  }
};

template <class T, class Rows>
void normalize_rows(const Rows& a) {
  launch_rows(a.rows, 8 * a.n, normalized_row<Rows, T>{a}, a.n);
}
/// The cut into parts depends on the extents only.
template <class T, class Gradients>
void reverse_normalized_rows(const Gradients& a) {
  launch_rows(a.rows, 16 * a.n, gradient_of_normalized_row<Gradients, T>{a}, a.n);
  if (a.dweight == nullptr && a.dbias == nullptr) return;
  const extent wanted = parts_across(a.n, a.rows), part = (a.rows + wanted - 1) / wanted, parts = (a.rows + part - 1) / part;
  const auto room = [&](const T* asked) { return block(asked == nullptr ? 0 : static_cast<std::size_t>(parts * a.n) * sizeof(T)); };
  const block weights = room(a.dweight), biases = room(a.dbias);
  const auto place = [](const block& b, const T* asked) { return asked == nullptr ? nullptr : static_cast<T*>(b.data()); };
  launch(parts * a.n, 8 * part, gradient_of_affine_part<Gradients, T>{a, part, place(weights, a.dweight), place(biases, a.dbias)});
  if (a.dweight != nullptr) launch(a.n, parts, sum_of_column<T>{static_cast<const T*>(weights.data()), parts, a.n, a.dweight});
  if (a.dbias != nullptr) launch(a.n, parts, sum_of_column<T>{static_cast<const T*>(biases.data()), parts, a.n, a.dbias});
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
