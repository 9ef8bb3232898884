// SPDX-License-Identifier: BSL-1.0
#pragma once
// A tensor whose rank and extents are run-time values: what structured operations compute with. Their kernels exist once
// for each element type, however many shapes a program has.

#include <tessera/expr/expression.hpp>
#include <tessera/tensor/tensor.hpp>

namespace tessera {

/// A counted block seen through extents and strides. Copying counts; writing is for whoever has just made it.
template <Element T>
struct any_tensor {
  using element = T;

  block hold;
  extents shape;
  extents strides;
  extent offset = 0;

  any_tensor() = default;
  any_tensor(block from, const extents& own, const extents& map, extent first = 0) : hold(std::move(from)), shape(own), strides(map), offset(first) {}
  // Apart: a rule copies and moves many of them.
  [[gnu::noinline]] any_tensor(const any_tensor&) = default;
  [[gnu::noinline]] any_tensor(any_tensor&&) noexcept = default;
  any_tensor& operator=(const any_tensor&) = default;
  any_tensor& operator=(any_tensor&&) noexcept = default;
  ~any_tensor() = default;

  /// A row-major tensor of this shape; its elements are whatever the memory held.
  [[nodiscard, gnu::noinline]] static any_tensor uninitialized(const extents& shape) {
    any_tensor t;
    t.hold = block(static_cast<std::size_t>(count(shape)) * sizeof(T));
    t.set_shape(shape);
    return t;
  }
  [[nodiscard]] static any_tensor filled(const extents& shape, T value) {
    return {detail::filled_block(count(shape), value), shape, row_major(shape)};
  }

  /// Row-major in this shape. (Element by element: what is read again soon is then forwarded from where it was written.)
  template <class Extents>
  void set_shape(const Extents& to) {
    extent step = 1;
    shape.rank = strides.rank = to.rank;
    for (int i = to.rank - 1; i >= 0; --i) {
      shape.at[i] = to[i];
      strides.at[i] = step;
      step = detail::product(step, to[i]);
    }
  }

  [[nodiscard]] const T* data() const { return static_cast<const T*>(hold.data()) + offset; }
  [[nodiscard]] T* mutable_data() { return static_cast<T*>(hold.data()) + offset; }
  [[nodiscard]] extent size() const { return count(shape); }
  [[nodiscard, gnu::noinline]] bool is_contiguous() const {
    extent step = 1;
    for (int i = shape.rank - 1; i >= 0; --i) {
      if (shape[i] != 1 && strides[i] != step) return false;
      step *= shape[i];
    }
    return true;
  }
  /// The same elements in row-major order: itself where they are already.
  [[nodiscard]] any_tensor contiguous() const { return is_contiguous() ? *this : copy(); }
  /// The same elements in a block of their own.
  [[nodiscard, gnu::noinline]] any_tensor copy() const {
    const with_device on(hold.device());
    any_tensor result = uninitialized(shape);
    copy_elements(result.mutable_data());
    return result;
  }
  /// The same, row-major from the start of its block.
  [[nodiscard]] any_tensor packed() const { return is_contiguous() && offset == 0 ? *this : copy(); }
  [[nodiscard, gnu::noinline]] block packed_block() const { return is_contiguous() && offset == 0 ? hold : copy().hold; }
  /// Writes the elements to memory in row-major order.
  void copy_elements(T* to) const {
    copy_to(to, row_major(shape));
  }
  /// Writes the elements through the index map of another tensor of this shape, whose block is written in place.
  void copy_to(any_tensor& place) const { copy_to(place.mutable_data(), place.strides); }
  void copy_to(T* to, const extents& to_strides) const {
    const with_device on(hold.device());
    backend::copy_strided<T>(shape, data(), strides, to, to_strides);
  }
  /// The same elements where the processor reaches them.
  [[nodiscard]] any_tensor reachable() const { return hold.device().is_gpu() ? any_tensor{hold.copy(device::cpu()), shape, strides, offset} : *this; }
  /// The whole block as a tensor of a static type.
  template <Shape S>
  [[nodiscard]] tensor<T, S> as() const {
    return tensor<T, S>::adopt(packed_block(), S::from(shape));
  }
};

/// Makes `to`, which is new, the elements of a leaf or of a view.
template <Expression E>
void erase_leaf(const E& e, any_tensor<typename E::element>& to) {
  to.hold = e.hold;
  to.set_shape(e.shape());
  if constexpr (requires { e.offset; }) {
    to.strides = e.strides();
    to.offset = e.offset;
  }
}
/// The elements of a leaf or of a view, without a copy; of any other expression, its value.
template <Expression E>
[[nodiscard]] any_tensor<typename E::element> erase(const E& e) {
  if constexpr (requires { e.hold; }) {
    any_tensor<typename E::element> t;
    erase_leaf(e, t);
    return t;
  } else {
    using T = typename E::element;
    const with_device_of on(e);
    auto t = any_tensor<T>::uninitialized(e.shape().values());
    backend::evaluate(e, t.mutable_data());
    return t;
  }
}

}  // namespace tessera
