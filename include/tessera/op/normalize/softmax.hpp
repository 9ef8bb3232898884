// SPDX-License-Identifier: BSL-1.0
#pragma once
// softmax and log_softmax along one axis.

#include <tessera/backend/rows.hpp>
#include <tessera/backend/items/softmax.hpp>
#include <tessera/op/cast.hpp>
#include <tessera/op/elementwise/exponential.hpp>
#include <tessera/op/reduce/along.hpp>
#include <tessera/op/reduce/axes.hpp>
#include <tessera/op/reduce/extremum.hpp>
#include <tessera/op/reduce/sum.hpp>

#include <cmath>

namespace tessera {
namespace op {

namespace detail {
inline constexpr extent elements_of_a_task = 8192;

/// Calls f(i) for rows of n elements, several at a time.
template <class F>
void for_each_row_of(extent rows, extent n, const F& f) {
  parallel_for(rows, std::max<extent>(1, elements_of_a_task / std::max<extent>(1, n)), [&](extent begin, extent end) {
    for (extent i = begin; i < end; ++i) f(i);
  });
}
/// Calls f(offset of a row) for every row of n of `size` elements.
template <class F>
void for_each_row(extent size, extent n, const F& f) {
  for_each_row_of(size / n, n, [&](extent i) { f(i * n); });
}

/// Calls row(input row, output row, n) for every row of the last axis.
template <class T, class Row>
[[nodiscard]] any_tensor<T> map_rows_along(const any_tensor<T>& x, int axis, Row row) {
  const any_tensor<T> in = tessera::detail::axis_last(x, axis);
  any_tensor<T> out = any_tensor<T>::uninitialized(in.shape);
  const extent n = in.shape.rank == 0 ? 1 : in.shape.back();
  if (in.size() != 0) for_each_row(in.size(), n, [&, to = out.mutable_data()](extent at) { row(in.data() + at, to + at, n); });
  return tessera::detail::axis_back(out, axis);
}

#if TESSERA_RUNS_ITEMS
/// The same by items: softmax, or its logarithm.
template <bool Log, class T>
[[nodiscard]] any_tensor<T> softmax_by_items(const any_tensor<T>& x, int axis) {
  const any_tensor<T> in = tessera::detail::axis_last(x, axis);
  any_tensor<T> out = any_tensor<T>::uninitialized(in.shape);
  const extent n = in.shape.rank == 0 ? 1 : in.shape.back();
  if (in.size() != 0) backend::launch_rows(in.size() / n, 40 * n, backend::items::softmax_of_row<T, Log>{in.data(), out.mutable_data(), n}, n);
  return tessera::detail::axis_back(out, axis);
}
#endif
/// The adjoint of softmax, or of its logarithm, of the result y and that one's adjoint: one sweep.
template <bool Log, class T>
[[nodiscard]] any_tensor<T> softmax_gradient(const any_tensor<T>& g, const any_tensor<T>& y, int axis) {
  const any_tensor<T> left = tessera::detail::axis_last(g, axis), right = tessera::detail::axis_last(y, axis);
  any_tensor<T> out = any_tensor<T>::uninitialized(right.shape);
  const extent n = right.shape.rank == 0 ? 1 : right.shape.back();
  const auto run = [&, to = out.mutable_data()] {
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return backend::launch_rows(right.size() / n, 40 * n, backend::items::softmax_gradient_of_row<T, Log>{left.data(), right.data(), to, n}, n);
#endif
    backend::with_register<T>([&]<class V>() {
      for_each_row(right.size(), n, [&](extent i) {
        V sums(T(0));
        backend::for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
          const V u = backend::load_part<V>(left.data() + i + j, lanes, T(0));
          sums = sums + (Log ? u : V(u * backend::load_part<V>(right.data() + i + j, lanes, T(0))));
        });
        const V sum(backend::fold<backend::total>(sums, backend::width<V>));
        backend::for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
          const V u = backend::load_part<V>(left.data() + i + j, lanes, T(0)), v = backend::load_part<V>(right.data() + i + j, lanes, T(0));
          if constexpr (Log) backend::store_part(to + i + j, V(u - lane::exp(v) * sum), lanes);
          else backend::store_part(to + i + j, V(v * (u - sum)), lanes);
        });
      });
    });
  };
  if (right.size() != 0) run();
  return tessera::detail::axis_back(out, axis);
}
}  // namespace detail

struct softmax {
  static constexpr const char* name = "softmax";
  static constexpr bool keeps = false, keeps_result = true;
  int axis;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return detail::softmax_by_items<false>(x, axis);
#endif
    return backend::with_register<T>([&]<class V>() {
      return detail::map_rows_along(x, axis, [](const T* in, T* out, extent n) {
        const T top = backend::row_maximum<V>(in, n);
        V sum(T(0));
        backend::for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
          const V e = lane::exp(V(backend::load_part<V>(in + j, lanes, -std::numeric_limits<T>::infinity()) - V(top)));
          sum = sum + e;
          backend::store_part(out + j, e, lanes);
        });
        const T scale = T(1) / backend::fold<backend::total>(sum, backend::width<V>);
        backend::for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { backend::store_part(out + j, V(backend::load_part<V>(out + j, lanes, T(0)) * V(scale)), lanes); });
      });
    });
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V& y) const {
    return cotangents{[&] {
                        if constexpr (!V::records()) return V(detail::softmax_gradient<false>(g.value, y.value, axis));
                        else return V(y * (g - sum_to(g * y, tessera::detail::without_axis(y.shape(), axis, true))));
                      },
                      no_gradient{}};
  }
};

struct log_softmax {
  static constexpr const char* name = "log_softmax";
  static constexpr bool keeps = false, keeps_result = true;
  int axis;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return detail::softmax_by_items<true>(x, axis);
#endif
    return backend::with_register<T>([&]<class V>() {
      return detail::map_rows_along(x, axis, [](const T* in, T* out, extent n) {
        const T top = backend::row_maximum<V>(in, n);
        const T log_sum = std::log(backend::row_sum_of_exp<V>(in, n, top));
        backend::for_lanes<V>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { backend::store_part(out + j, V(backend::load_part<V>(in + j, lanes, T(0)) - V(top) - V(log_sum)), lanes); });
      });
    });
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V& y) const {
    return cotangents{[&] {
                        if constexpr (!V::records()) return V(detail::softmax_gradient<true>(g.value, y.value, axis));
                        else return V(g - lane::exp(y) * sum_to(g, tessera::detail::without_axis(y.shape(), axis, true)));
                      },
                      no_gradient{}};
  }
};

}  // namespace op

namespace detail {

// On arrays, and on the values that grad(f) traces, softmax is composed. What is subtracted is a number like any other,
// because no result depends on it.
template <class X, class Axis>
[[nodiscard]] constexpr auto shifted(const X& x, Axis along) {
  const auto value = kept(expression_of(cast<floating_t<element_t<X>>>(x)));
  return kept(expression_of(value - max(plain_value(value), along, keepdim).values));
}
template <class X, class Axis>
[[nodiscard]] constexpr auto compose(const op::softmax&, const X& x, Axis along) {
  const auto e = kept(expression_of(exp(shifted(x, along))));
  return kept(expression_of(e / sum(e, along, keepdim)));
}
template <class X, class Axis>
[[nodiscard]] constexpr auto compose(const op::log_softmax&, const X& x, Axis along) {
  const auto s = shifted(x, along);
  return kept(expression_of(s - log(sum(exp(s), along, keepdim))));
}

template <class Op, op::text Name>
struct along_axis {
  template <class X, int A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A> along) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr int r = shape_t<X>::rank;
      constexpr bool fits = A >= -r && A < r;
      expect<fits, axes_do_not_fit<op::name<Name>, axis_list<A>, shape_t<X>>>();
      if constexpr (fits && StaticOperand<X>) return compose(Op{}, x, along);
      else if constexpr (fits) return structured<shape_t<X>, floating_t<element_t<X>>>(Op{A < 0 ? A + r : A}, x);
      else return poison{};
    }
  }
};

}  // namespace detail

/// eˣ divided by its sum along one axis: softmax(x, axis<1>).
///   grad   y·(dy - Σ dy·y)
///   cost   three passes over a row that stays in cache
///   like   torch.softmax
inline constexpr detail::along_axis<op::softmax, "softmax"> softmax{};
/// log of softmax along one axis, exact where softmax is near 0.
///   grad   dy - eʸ·Σ dy
///   like   torch.log_softmax
inline constexpr detail::along_axis<op::log_softmax, "log_softmax"> log_softmax{};

}  // namespace tessera
