// SPDX-License-Identifier: BSL-1.0
#pragma once
// max, min, argmax and argmin.

#include <tessera/op/elementwise/comparison.hpp>
#include <tessera/op/movement/reshape.hpp>
#include <tessera/op/reduce/along.hpp>
#include <tessera/op/reduce/axes.hpp>

namespace tessera {
namespace op {

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
    tessera::detail::for_each_row_start(x.shape, axis, [&, to = y.mutable_data()](extent row, extent start) { to[row] = from.data()[start + index.data()[row] * from.strides[axis]]; });
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[=, *this] { return apply(scatter_along{index, x.shape(), axis}, g); }, no_gradient{}};
  }
};

template <class V>
auto scatter_along::vjp(const V& g, const V&, const V&) const {
  return cotangents{[=, *this] { return apply(gather_along{index, axis}, g); }, no_gradient{}};
}

/// The largest element of all, or the smallest. Equal ones share the gradient.
template <bool Largest>
struct extreme {
  static constexpr const char* name = Largest ? "max" : "min";
  static constexpr bool keeps = true, keeps_result = true;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    if (x.size() == 0) throw shape_error(std::string("tessera::") + name + ": shape " + to_string(x.shape) + " has no elements");
    const any_tensor<T> from = x.contiguous();
    const any_tensor<T> row{from.hold, {from.size()}, {1}, from.offset};
    return gather_along{tessera::detail::index_of_extremum<Largest>(row, 0, false), 0}.value(row);
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V& y) const {
    return cotangents{[=] {
                        const V hits = x == y;
                        return g * (hits / sum_to(hits, {}));
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
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (is_poison<X>) return poison{};
    else return structured<shape<>, element_t<X>>(op::extreme<Largest>{}, x);
  }
  /// Along one axis: values and indices.
  template <class X, int A, class... Keep>
  [[nodiscard]] auto operator()(const X& x, axis_list<A>, Keep...) const {
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
        const auto l = as_leaf(x);
        const any_tensor<std::int64_t> index = index_of_extremum<Largest>(erase(l), at, keep);
        auto values = structured<R, element_t<X>>(op::gather_along{index, at}, l);
        return values_and_indices<decltype(values), tensor<std::int64_t, R>>{std::move(values), index.template as<R>()};
      }
    }
  }
  /// Of two operands, elementwise.
  template <class A, class B>
    requires OperatorArguments<A, B>
  [[nodiscard]] auto operator()(A&& a, B&& b) const {
    return Elementwise{}(std::forward<A>(a), std::forward<B>(b));
  }
};

template <bool Largest>
struct arg_fn {
  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (is_poison<X>) return poison{};
    else return (*this)(flatten(x), axis<0>);
  }
  template <class X, int A, class... Keep>
  [[nodiscard]] auto operator()(const X& x, axis_list<A>, Keep...) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using S = shape_t<X>;
      constexpr bool fits = A >= -S::rank && A < S::rank, keep = sizeof...(Keep) > 0;
      expect<fits, axes_do_not_fit<op::name<Largest ? op::text("argmax") : op::text("argmin")>, axis_list<A>, S>>();
      if constexpr (!fits) return poison{};
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
