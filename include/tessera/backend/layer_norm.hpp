// SPDX-License-Identifier: BSL-1.0
#pragma once
// The loops of layer_norm over contiguous rows: one row at a time, which stays in the nearest cache from its moments to its result.

#include <tessera/backend/matrix.hpp>
#include <tessera/backend/rows.hpp>
#include <tessera/backend/items/layer_norm.hpp>

#include <cmath>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

template <std::floating_point T>
struct layer_norm_rows {
  extent rows, n;
  double eps;
  const T *x, *weight, *bias;  // null where there is none
  T *mean, *scale, *y;
};

template <std::floating_point T>
struct layer_norm_gradients {
  extent rows, n;
  const T *g, *x, *mean, *scale, *weight;
  T *dx, *dweight, *dbias;  // the last two null where nobody asks; else zeros
};

namespace isa {

template <class V, class T>
void normalize_row(const layer_norm_rows<T>& a, extent row) {
  const extent n = a.n;
  const T* x = a.x + row * n;
  T* y = a.y + row * n;
  const double count = static_cast<double>(n);
  const T mean = static_cast<T>(row_total<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { return load_part<V>(x + j, lanes, T(0)); }) / count);
  const V centre(mean);
  const double squares = row_total<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    const V d = V(load_part<V>(x + j, lanes, mean) - centre);
    return V(d * d);
  });
  const T scale = static_cast<T>(1 / std::sqrt(squares / count + a.eps));
  const V by(scale);
  a.mean[row] = mean;
  a.scale[row] = scale;
  const auto write = [&](auto affine) TESSERA_INLINE_LAMBDA {
    for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
      store_part(y + j, affine(V(V(load_part<V>(x + j, lanes, mean) - centre) * by), j, lanes), lanes);
    });
  };
  const auto weight = [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { return load_part<V>(a.weight + j, lanes, T(0)); };
  if (a.weight == nullptr) write([](V d, extent, int) TESSERA_INLINE_LAMBDA { return d; });
  else if (a.bias == nullptr) write([&](V d, extent j, int lanes) TESSERA_INLINE_LAMBDA { return V(d * weight(j, lanes)); });
  else write([&](V d, extent j, int lanes) TESSERA_INLINE_LAMBDA { return V(d * weight(j, lanes) + load_part<V>(a.bias + j, lanes, T(0))); });
}

/// Writes dx of a row and adds what it gives to the weight and the bias, in whole registers: one that is read where a part of a
/// register has just been written waits for the cache.
template <class V, class T>
void reverse_row(const layer_norm_gradients<T>& a, extent row, T* dweight, T* dbias) {
  const extent n = a.n;
  const T *x = a.x + row * n, *g = a.g + row * n;
  T* dx = a.dx + row * n;
  const T mean = a.mean[row];
  const V centre(mean), by(a.scale[row]), zero(T(0));
  const auto normal = [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { return V(V(load_part<V>(x + j, lanes, mean) - centre) * by); };
  const auto weighted = [&](V from, extent j, int lanes) TESSERA_INLINE_LAMBDA { return a.weight == nullptr ? from : V(from * load_part<V>(a.weight + j, lanes, T(0))); };
  V along = zero;  // the sum of u·n, in registers for a stretch as row_total has it
  double sum_along = 0;
  extent gathered = 0;
  const double sum = row_total<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    const V from = load_part<V>(g + j, lanes, T(0)), at = normal(j, lanes), u = weighted(from, j, lanes);
    if (dweight != nullptr) store_lanes(dweight + j, V(load<V>(dweight + j) + from * at));
    if (dbias != nullptr) store_lanes(dbias + j, V(load<V>(dbias + j) + from));
    along = along + u * at;
    if (++gathered == 256) {
      sum_along += static_cast<double>(sum_of_lanes(along));
      along = zero;
      gathered = 0;
    }
    return u;
  });
  sum_along += static_cast<double>(sum_of_lanes(along));
  const double count = static_cast<double>(n);
  const V level(static_cast<T>(sum / count)), slope(static_cast<T>(sum_along / count));
  for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
    const V u = weighted(load_part<V>(g + j, lanes, T(0)), j, lanes);
    store_part(dx + j, V(V(V(u - level) - V(normal(j, lanes) * slope)) * by), lanes);
  });
}

inline constexpr extent layer_norm_task = 16384;  // elements that are worth a thread

}  // namespace isa

template <std::floating_point T>
void layer_norm_forward(const layer_norm_rows<T>& a) {
  if (a.rows == 0 || a.n == 0) return;
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::normalize_rows<T>(a);
#endif
  with_register<T>([&]<class V>() {
    parallel_for(a.rows, std::max<extent>(1, isa::layer_norm_task / a.n), [&](extent begin, extent end) {
      for (extent i = begin; i < end; ++i) isa::normalize_row<V>(a, i);
    });
  });
}

/// Rows are cut into parts, each with sums of its own for the weight and the bias, which are added in order: the cut depends on
/// the extents only.
template <std::floating_point T>
void layer_norm_backward(const layer_norm_gradients<T>& a) {
  if (a.rows == 0 || a.n == 0) return;
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return items::reverse_normalized_rows<T>(a);
#endif
  const extent parts = std::clamp<extent>(a.rows * a.n / (4 * isa::layer_norm_task), 1, std::min<extent>(a.rows, 64)), part = (a.rows + parts - 1) / parts;
  const extent sums = (a.dweight != nullptr ? 1 : 0) + (a.dbias != nullptr ? 1 : 0);
  with_register<T>([&]<class V>() {
    const extent padded = (a.n + width<V> - 1) / width<V> * width<V>;
    const scratch<T> room(parts * sums * padded);
    parallel_for(parts, 1, [&](extent begin, extent end) {
      for (extent p = begin; p < end; ++p) {
        T* const own = room.data() + p * sums * padded;
        if (sums > 0) std::fill_n(own, sums * padded, T(0));
        T *const dweight = a.dweight != nullptr ? own : nullptr, *const dbias = a.dbias != nullptr ? own + (sums - 1) * padded : nullptr;
        for (extent i = p * part; i < std::min(a.rows, (p + 1) * part); ++i) isa::reverse_row<V>(a, i, dweight, dbias);
      }
    });
    const auto add = [&](T* to, extent which) {
      for (extent p = 0; p < parts; ++p) {
        const T* from = room.data() + (p * sums + which) * padded;
        for_lanes<V>(a.n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { store_part(to + j, V(load_part<V>(to + j, lanes, T(0)) + load<V>(from + j)), lanes); });
      }
    };
    if (a.dweight != nullptr) add(a.dweight, 0);
    if (a.dbias != nullptr) add(a.dbias, sums - 1);
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
