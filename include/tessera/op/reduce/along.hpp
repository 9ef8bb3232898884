// SPDX-License-Identifier: BSL-1.0
#pragma once
// Helpers of operations that work along one axis of a tensor of run-time shape: that axis moved to the end and back.

#include <tessera/op/movement/restride.hpp>

namespace tessera::detail {

[[nodiscard]] inline extents order_with_last(int rank, int axis) {
  extents order;
  for (int i = 0; i < rank; ++i)
    if (i != axis) order.push_back(i);
  if (rank > 0) order.push_back(axis);
  return order;
}
[[nodiscard]] inline extents inverse_order(const extents& order) {
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
[[nodiscard]] inline extents without_axis(const extents& s, int axis, bool keep) { return rule::reduce(s, 1U << static_cast<unsigned>(axis), keep); }

/// Calls f(number of the row, offset of its first element) for every row along an axis of a row-major tensor.
template <class F>
void for_each_row_start(const extents& shape, int axis, F&& f) {
  extent outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < shape.rank; ++i) inner *= shape[i];
  for (extent o = 0; o < outer; ++o)
    for (extent i = 0; i < inner; ++i) f(o * inner + i, o * inner * shape[axis] + i);
}

/// Where the largest (or smallest) element of each row along an axis is: the first of equals, the first NaN.
template <bool Largest, class T>
[[nodiscard]] any_tensor<std::int64_t> index_of_extremum(const any_tensor<T>& x, int axis, bool keep) {
  if (x.shape[axis] == 0)
    throw shape_error(std::string(Largest ? "tessera::max: axis " : "tessera::min: axis ") + std::to_string(axis) + " of shape " + to_string(x.shape) + " has no elements");
  auto index = any_tensor<std::int64_t>::uninitialized(without_axis(x.shape, axis, keep));
  const any_tensor<T> from = x.contiguous();
  const extent step = from.strides[axis], n = x.shape[axis];
  for_each_row_start(x.shape, axis, [&, at = index.mutable_data()](extent row, extent start) {
    const T* p = from.data() + start;
    T best = p[0];
    extent chosen = 0;
    for (extent i = 1; i < n && best == best; ++i)
      if (const T other = p[i * step]; other != other || (Largest ? other > best : other < best)) best = other, chosen = i;
    at[row] = chosen;
  });
  return index;
}

}  // namespace tessera::detail
