// SPDX-License-Identifier: BSL-1.0
#pragma once
// Helpers of operations that work along one axis of a tensor of run-time shape: that axis moved to the end and back.

#include <tessera/backend/rows.hpp>
#include <tessera/op/movement/restride.hpp>
#include <tessera/backend/items/extremum.hpp>

namespace tessera::detail {

[[nodiscard]] TESSERA_ONCE extents order_with_last(int rank, int axis) {
  extents order;
  for (int i = 0; i < rank; ++i)
    if (i != axis) order.push_back(i);
  if (rank > 0) order.push_back(axis);
  return order;
}
[[nodiscard]] TESSERA_ONCE extents inverse_order(const extents& order) {
  extents inverse = order;
  for (int i = 0; i < order.rank; ++i) inverse[static_cast<int>(order[i])] = i;
  return inverse;
}

/// x with the axis at the end, row-major.
template <class T>
[[nodiscard]] any_tensor<T> axis_last(const any_tensor<T>& x, int axis) {
  return op::permute_axes{order_with_last(x.shape.rank, axis)}.value(x).contiguous();
}
/// The inverse: the last axis of x put back where it was.
template <class T>
[[nodiscard]] any_tensor<T> axis_back(const any_tensor<T>& x, int axis) {
  return op::permute_axes{inverse_order(order_with_last(x.shape.rank, axis))}.value(x);
}

/// The shape with one axis removed, or of extent 1.
[[nodiscard]] TESSERA_ONCE extents without_axis(const extents& s, int axis, bool keep) { return rule::reduce(s, 1U << static_cast<unsigned>(axis), keep); }

/// Calls f(number of the row, offset of its first element) for every row along an axis of a row-major tensor.
template <class F>
void for_each_row_start(const extents& shape, int axis, F&& f) {
  extent outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < shape.rank; ++i) inner *= shape[i];
  for (extent o = 0; o < outer; ++o)
    for (extent i = 0; i < inner; ++i) f(o * inner + i, o * inner * shape[axis] + i);
}

#if TESSERA_RUNS_ITEMS
/// The same rows, for items.
[[nodiscard]] inline backend::items::rows_along rows_of_items(const extents& shape, int axis) {
  extent inner = 1;
  for (int i = axis + 1; i < shape.rank; ++i) inner *= shape[i];
  return {shape[axis], inner};
}
#endif

/// Of the contiguous numbers x: the index of the first of the largest (or smallest), or of the first NaN. First the extremum
/// of all, in registers, then where it is: the second pass stops there.
template <bool Largest, class V, class T = backend::lane_t<V>>
[[nodiscard]] extent first_extremum(const T* x, extent n) {
  constexpr extent W = backend::width<V>;
  constexpr auto better = [](auto a, auto b) { return Largest ? lane::maximum(a, b) : lane::minimum(a, b); };
  struct combine_better {
    static T combine(T a, T b) { return Largest ? lane::maximum(a, b) : lane::minimum(a, b); }
  };
  T best = x[0];
  if constexpr (W > 1)
    if (n >= W) {
      V a = backend::load<V>(x), b = a, c = a, d = a;  // several, because each waits for itself
      extent i = W;
      for (; i + 4 * W <= n; i += 4 * W) {
        a = better(a, backend::load<V>(x + i));
        b = better(b, backend::load<V>(x + i + W));
        c = better(c, backend::load<V>(x + i + 2 * W));
        d = better(d, backend::load<V>(x + i + 3 * W));
      }
      for (; i < n; i += W) a = better(a, backend::load<V>(x + std::min(i, n - W)));  // the last may overlap
      best = backend::fold<combine_better>(better(better(a, b), better(c, d)), W);
    }
  if (W == 1 || n < W)
    for (extent i = 1; i < n; ++i) best = combine_better::combine(best, x[i]);
  const auto is_it = [best](T value) { return best != best ? value != value : value == best; };
  extent at = 0;
#if TESSERA_USE_XSIMD
  if constexpr (W > 1) {
    const V wanted(best);
    if (best == best)
      for (; at + 4 * W <= n; at += 4 * W)
        if (xsimd::any((backend::load<V>(x + at) == wanted) | (backend::load<V>(x + at + W) == wanted) | (backend::load<V>(x + at + 2 * W) == wanted) | (backend::load<V>(x + at + 3 * W) == wanted))) break;
  }
#endif
  while (!is_it(x[at])) ++at;
  return at;
}

/// Where the largest (or smallest) element of each row along an axis is: the first of equals, the first NaN.
template <bool Largest, class T>
[[nodiscard]] any_tensor<std::int64_t> index_of_extremum(const any_tensor<T>& x, int axis, bool keep) {
  if (x.shape[axis] == 0)
    raise<shape_error>({Largest ? "tessera::max: axis " : "tessera::min: axis ", axis, " of shape ", x.shape, " has no elements"});
  const with_device on(x.hold.device());
  auto index = any_tensor<std::int64_t>::uninitialized(without_axis(x.shape, axis, keep));
  const any_tensor<T> from = x.contiguous();
  const extent step = from.strides[axis], n = x.shape[axis];
  std::int64_t* const to = index.mutable_data();
  if (x.size() == 0) return index;
  const extent rows = x.size() / n;
#if TESSERA_RUNS_ITEMS
  if (backend::runs_items()) {
    const backend::items::index_in_row<Largest, T> work{rows_of_items(x.shape, axis), from.data(), to};
    if (work.at.step == 1) backend::launch_rows(rows, 4 * n, work, n);
    else backend::launch(rows, 4 * n, backend::items::index_in_column<Largest, T>{work});
    return index;
  }
#endif
  if (step == 1) {
    backend::with_register<T>([&]<class V>() {
      parallel_for(rows, std::max<extent>(1, 32768 / n), [&](extent begin, extent end) {
        for (extent i = begin; i < end; ++i) to[i] = first_extremum<Largest, V>(from.data() + i * n, n);
      });
    });
    return index;
  }
  // Elsewhere some neighbouring columns go together, which cache lines hold together.
  constexpr extent some = 64;
  const extent pieces = (step + some - 1) / some;
  parallel_for(rows / step * pieces, std::max<extent>(1, 32768 / (n * some)), [&](extent begin, extent end) {
    T best[some];
    std::int64_t chosen[some];
    for (extent u = begin; u < end; ++u) {
      const extent outer = u / pieces, first = u % pieces * some, count = std::min(some, step - first);
      const T* p = from.data() + outer * n * step + first;
      std::copy_n(p, count, best);
      std::fill_n(chosen, count, 0);
      for (extent i = 1; i < n; ++i) {
        p += step;
        for (extent j = 0; j < count; ++j) {
          const bool better = best[j] == best[j] && (p[j] != p[j] || (Largest ? p[j] > best[j] : p[j] < best[j]));
          chosen[j] = better ? i : chosen[j];
          best[j] = better ? p[j] : best[j];
        }
      }
      std::copy_n(chosen, count, to + outer * step + first);
    }
  });
  return index;
}

}  // namespace tessera::detail
