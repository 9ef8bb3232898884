// SPDX-License-Identifier: BSL-1.0
#pragma once
// Movement on tensors of run-time shape: each is a change of strides, and each is the other's gradient.

#include <tessera/op/structured.hpp>

#include <limits>

namespace tessera {

namespace detail {
/// Adds x to memory through an index map, which may meet an element more than once along strides of 0. Where it meets all of so many
/// elements that lie one after the other, long sums are shared by threads.
template <Element T>
[[gnu::noinline]] void add_through(const any_tensor<T>& x, T* to, const extents& strides, extent results = std::numeric_limits<extent>::max()) {
  using P = program<T, type_list<source<T, access::strided, false>>, type_list<>>;
  if (x.size() == 0) return;
  backend::operand operands[2] = {{x.data(), sizeof(T), {}, false}, {to, sizeof(T), {}, false}};
  for (int i = 0; i < x.shape.rank; ++i) operands[0].stride[i] = x.strides[i], operands[1].stride[i] = strides[i];
  const int inner = x.shape.rank == 0 ? 0 : x.shape.rank - 1;
  const bool along = x.shape.rank == 0 || strides[inner] == 0;
  const backend::kernel fn = along ? backend::pick<backend::reduce_rows<P, backend::plain_sum, true>, T>() : backend::pick<backend::reduce_rows<P, backend::plain_sum, false>, T>();
  backend::run_sum(fn, backend::make_plan(x.shape, inner, operands, 2), to, results, false);
}
}  // namespace detail

namespace op {

/// Axes in another order.
struct permute_axes {
  static constexpr const char* name = "permute";
  static constexpr bool keeps = false, keeps_result = false;
  extents order;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    return {x.hold, rule::permute(x.shape, order), rule::permute(x.strides, order), x.offset};
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V&) const {
    extents inverse = order;
    for (int i = 0; i < order.rank; ++i) inverse[static_cast<int>(order[i])] = i;
    return cotangents{[&g, inverse] { return apply(permute_axes{inverse}, g); }, no_gradient{}};
  }
};

/// The same elements in row-major order under another shape.
struct change_shape {
  static constexpr const char* name = "reshape";
  static constexpr bool keeps = false, keeps_result = false;
  extents to;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    const any_tensor<T> dense = x.contiguous();
    return {dense.hold, to, row_major(to), dense.offset};
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(change_shape{x.shape()}, g); }, no_gradient{}};
  }
};

/// x stretched over a larger shape.
struct expand {
  static constexpr const char* name = "broadcast_to";
  static constexpr bool keeps = false, keeps_result = false;
  extents to;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y{x.hold, to, extents::filled(to.rank, 0), x.offset};
    backend::stretch(x.shape, x.strides, to, y.strides.at);
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const;
};

/// x summed over the axes along which a tensor of shape `to` would be stretched to it.
struct sum_over_stretched {
  static constexpr const char* name = "sum_to";
  static constexpr bool keeps = false, keeps_result = false;
  extents to;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    if (to.rank == 1 && x.shape.rank > 0 && x.shape.back() == to[0] && to[0] > 0 && x.is_contiguous() && !backend::runs_items()) {  // the gradient of a bias
      any_tensor<T> y = any_tensor<T>::uninitialized(to);
      backend::with_register<T>([&]<class V>() { backend::sum_rows<V>(x.size() / to[0], to[0], x.data(), y.mutable_data()); });
      return y;
    }
    any_tensor<T> y = any_tensor<T>::filled(to, T(0));
    extents strides = extents::filled(x.shape.rank, 0);
    backend::stretch(to, y.strides, x.shape, strides.at);
    tessera::detail::add_through(x, y.mutable_data(), strides, y.size());
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(expand{x.shape()}, g); }, no_gradient{}};
  }
};

template <class V>
auto expand::vjp(const V& g, const V& x, const V&) const {
  return cotangents{[&] { return apply(sum_over_stretched{x.shape()}, g); }, no_gradient{}};
}

/// What an index map reads of a row-major x.
struct read_strided {
  static constexpr const char* name = "as_strided";
  static constexpr bool keeps = false, keeps_result = false;
  extents shape, strides;
  extent offset;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    const any_tensor<T> dense = x.contiguous();
    return {dense.hold, shape, strides, dense.offset + offset};
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const;
};

/// x added into zeros of shape `base` through an index map, which may meet an element more than once.
struct add_strided {
  static constexpr const char* name = "as_strided_scatter";
  static constexpr bool keeps = false, keeps_result = false;
  extents base, strides;
  extent offset;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = any_tensor<T>::filled(base, T(0));
    add_to(x, y.mutable_data());
    return y;
  }
  /// Adds to existing memory of shape `base`.
  template <class T>
  void add_to(const any_tensor<T>& x, T* to) const {
    tessera::detail::add_through(x, to + offset, strides);
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(read_strided{x.shape(), strides, offset}, g); }, no_gradient{}};
  }
};

template <class V>
auto read_strided::vjp(const V& g, const V& x, const V&) const {
  return cotangents{[&] { return apply(add_strided{x.shape(), strides, offset}, g); }, no_gradient{}};
}

}  // namespace op

/// x summed to a shape that broadcasts to its own: x itself where the shapes are equal.
template <class V>
[[nodiscard]] V sum_to(const V& x, const extents& to) {
  return x.shape() == to ? x : apply(op::sum_over_stretched{to}, x);
}

}  // namespace tessera
