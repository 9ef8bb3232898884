// SPDX-License-Identifier: BSL-1.0
#pragma once
// max, min, argmax and argmin.

#include <tessera/op/elementwise/comparison.hpp>
#include <tessera/op/movement/reshape.hpp>
#include <tessera/op/reduce/along.hpp>
#include <tessera/op/reduce/axes.hpp>
#include <tessera/op/reduce/sum.hpp>

namespace tessera {
namespace detail {

/// Calls f(element, row, position in the row) for every element of S; rows go along the axis.
template <class S, int Axis, class F>
constexpr void for_each_in_rows(const F& f) {
  constexpr extent step = row_major(S::pattern)[Axis], n = S::pattern[Axis];
  for_each_pair<S, dense_map<S>, reduced_map<S, 1U << static_cast<unsigned>(Axis)>>([&](extent at, extent row) { f(at, row, at / step % n); }, 0, 0);
}

/// Where the largest (or smallest) element of each row of an array is: the first of equals, the first NaN.
template <bool Largest, class R, int Axis, Element T, Shape S>
[[nodiscard]] constexpr array<std::int64_t, R> index_along(const array<T, S>& x) {
  static_assert(S::pattern.at[Axis] > 0, "tessera::max, min: the axis of an array has elements");
  array<std::int64_t, R> index;
  array<T, R> best;
  for_each_in_rows<S, Axis>([&](extent at, extent row, extent position) {
    const T value = x.data()[at], top = best.data()[row];
    if (position != 0 && (top != top || !(value != value || (Largest ? value > top : value < top)))) return;
    best.data()[row] = value;
    index.data()[row] = position;
  });
  return index;
}

/// One element of each row of x, by its index. Of a traced x: the sum of what a mask leaves, which has its gradient.
template <int Axis, StaticOperand X, class R>
[[nodiscard]] constexpr auto chosen_along(const X& x, const array<std::int64_t, R>& index) {
  using T = element_t<X>;
  using S = shape_t<X>;
  if constexpr (Eager<X>) {
    array<bool, S> mask;
    for_each_in_rows<S, Axis>([&](extent at, extent row, extent position) { mask.data()[at] = position == index.data()[row]; });
    const auto left = where(mask, x, T(0));
    if constexpr (R::rank == S::rank) return sum(left, axis<Axis>, keepdim);
    else return sum(left, axis<Axis>);
  } else {
    array<T, R> values;
    const auto from = array_of<T>(x);
    for_each_in_rows<S, Axis>([&](extent at, extent row, extent position) {
      if (position == index.data()[row]) values.data()[row] = from.data()[at];
    });
    return values;
  }
}

}  // namespace detail

namespace op {

/// 1 where x is y, or both are NaN, and 0 elsewhere.
template <class X, class Y>
[[nodiscard]] constexpr auto indicator(const X& x, const Y& y) {
  if constexpr (StaticOperand<X>) {
    const element_t<X> zero(0), one(1);
    return tessera::detail::kept(tessera::where(x == y, one, tessera::where(x != x, tessera::where(y != y, one, zero), zero)));
  } else {
    return X(x == y) + X(x != x) * X(y != y);
  }
}

/// One element of each row along an axis, chosen by its index.
struct gather_along;

/// Elements placed along an axis of zeros, each at its index.
struct scatter_along {
  static constexpr const char* name = "scatter";
  static constexpr bool keeps = false, keeps_result = false;
  any_tensor<std::int64_t> index;  // of the operand's shape
  extents shape;                   // of the result, whose axis is longer
  int axis;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = any_tensor<T>::filled(shape, T(0));
    const any_tensor<T> from = x.contiguous();
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return backend::launch(x.size(), 4, backend::items::element_to_row<T>{tessera::detail::rows_of_items(shape, axis), index.data(), from.data(), y.mutable_data()}), y;
#endif
    tessera::detail::for_each_row_start(shape, axis, [&, to = y.mutable_data()](extent row, extent start) { to[start + index.data()[row] * y.strides[axis]] = from.data()[row]; });
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V&) const;
};

struct gather_along {
  static constexpr const char* name = "gather";
  static constexpr bool keeps = false, keeps_result = false;
  any_tensor<std::int64_t> index;
  int axis;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    const any_tensor<T> from = x.contiguous();
    any_tensor<T> y = any_tensor<T>::uninitialized(index.shape);
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return backend::launch(index.size(), 4, backend::items::element_of_row<T>{tessera::detail::rows_of_items(x.shape, axis), index.data(), from.data(), y.mutable_data()}), y;
#endif
    tessera::detail::for_each_row_start(x.shape, axis, [&, to = y.mutable_data()](extent row, extent start) { to[row] = from.data()[start + index.data()[row] * from.strides[axis]]; });
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(scatter_along{index, x.shape(), axis}, g); }, no_gradient{}};
  }
};

template <class V>
auto scatter_along::vjp(const V& g, const V&, const V&) const {
  return cotangents{[&] { return apply(gather_along{index, axis}, g); }, no_gradient{}};
}

/// The largest element of all, or the smallest. Equal ones share the gradient.
template <bool Largest>
struct extreme {
  static constexpr const char* name = Largest ? "max" : "min";
  static constexpr bool keeps = true, keeps_result = true;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    if (x.size() == 0) raise<shape_error>({"tessera::", name, ": shape ", x.shape, " has no elements"});
    const any_tensor<T> from = x.contiguous();
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) {
      any_tensor<T> y = any_tensor<T>::uninitialized({});
      return backend::items::find_extremum<Largest>(from.data(), from.size(), y.mutable_data()), y;
    }
#endif
    const any_tensor<T> row{from.hold, {from.size()}, {1}, from.offset};
    return gather_along{tessera::detail::index_of_extremum<Largest>(row, 0, false), 0}.value(row);
  }
  template <Shape S, Element T, Shape X>
  [[nodiscard]] constexpr array<T, S> on_arrays(const array<T, X>& x) const {
    using row = shape<X::static_size>;
    const array<T, row> all(row{}, x.span());
    return array<T, S>(S{}, all(tessera::detail::index_along<Largest, shape<>, 0>(all).item()));
  }
  template <class G, class X, class Y>
  [[nodiscard]] constexpr auto vjp(const G& g, const X& x, const Y& y) const {
    return cotangents{[&] {
                        const auto hits = indicator(x, y);
                        return g * (hits / sum_to(hits, y.shape()));
                      },
                      no_gradient{}};
  }
};

}  // namespace op

/// Values and where they were found.
template <class Values, class Indices>
struct values_and_indices {
  Values values;
  Indices indices;
};

namespace detail {

template <bool Largest, class Elementwise>
struct extremum_fn {
  /// Of all elements.
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x) const {
    if constexpr (is_poison<X>) return poison{};
    else return structured<shape<>, element_t<X>>(op::extreme<Largest>{}, x);
  }
  /// Along one axis: values and indices.
  template <class X, int A, class... Keep>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A>, Keep...) const {
    if constexpr (is_poison<X>) {
      return values_and_indices<poison, poison>{};
    } else {
      using S = shape_t<X>;
      constexpr bool fits = A >= -S::rank && A < S::rank, keep = sizeof...(Keep) > 0;
      expect<fits, axes_do_not_fit<op::name<Largest ? op::text("max") : op::text("min")>, axis_list<A>, S>>();
      if constexpr (!fits) {
        return values_and_indices<poison, poison>{};
      } else {
        constexpr int at = A < 0 ? A + S::rank : A;
        using R = shape_of<reduction<S, axis_list<A>, keep>>;
        if constexpr (StaticOperand<X>) {
          const auto places = index_along<Largest, R, at>(array_of<element_t<X>>(plain_value(x)));
          auto values = chosen_along<at>(x, places);
          return values_and_indices<decltype(values), array<std::int64_t, R>>{values, places};
        } else {
          return in_memory<R, at, keep>(as_leaf(x));
        }
      }
    }
  }
  /// Of two operands, elementwise.
  template <class A, class B>
    requires OperatorArguments<A, B>
  [[nodiscard]] constexpr auto operator()(A&& a, B&& b) const {
    return Elementwise{}(std::forward<A>(a), std::forward<B>(b));
  }

 private:
  template <class R, int Axis, bool Keep, class L>
  [[nodiscard]] static auto in_memory(const L& x) {
    const any_tensor<std::int64_t> index = index_of_extremum<Largest>(erase(x), Axis, Keep);
    auto values = structured<R, typename L::element>(op::gather_along{index, Axis}, x);
    return values_and_indices<decltype(values), tensor<std::int64_t, R>>{std::move(values), index.template as<R>()};
  }
};

template <bool Largest>
struct arg_fn {
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x) const {
    if constexpr (is_poison<X>) return poison{};
    else return (*this)(flatten(x), axis<0>);
  }
  template <class X, int A, class... Keep>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A>, Keep...) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using S = shape_t<X>;
      constexpr bool fits = A >= -S::rank && A < S::rank, keep = sizeof...(Keep) > 0;
      expect<fits, axes_do_not_fit<op::name<Largest ? op::text("argmax") : op::text("argmin")>, axis_list<A>, S>>();
      if constexpr (!fits) return poison{};
      else if constexpr (StaticOperand<X>) return index_along<Largest, shape_of<reduction<S, axis_list<A>, keep>>, (A < 0 ? A + S::rank : A)>(array_of<element_t<X>>(plain_value(x)));
      else return index_of_extremum<Largest>(erase(as_leaf(x)), A < 0 ? A + S::rank : A, keep).template as<shape_of<reduction<S, axis_list<A>, keep>>>();
    }
  }
};

}  // namespace detail

/// The largest element: max(x); with its index along an axis: auto [values, indices] = max(x, axis<1>); of two operands,
/// elementwise: max(a, b). NaN counts as the largest; of equals the first is found.
///   error  compile time: axes_do_not_fit; run time: shape_error where there is nothing to choose from
///   grad   dy to the element found; max(x) shares it between equals
///   like   torch.max
inline constexpr detail::extremum_fn<true, elementwise<op::maximum>> max{};
/// The smallest element, in the same three forms. like torch.min
inline constexpr detail::extremum_fn<false, elementwise<op::minimum>> min{};
/// The index of the largest element, of the flattened operand or along an axis, as int64. like torch.argmax
inline constexpr detail::arg_fn<true> argmax{};
/// The index of the smallest element. like torch.argmin
inline constexpr detail::arg_fn<false> argmin{};

}  // namespace tessera
