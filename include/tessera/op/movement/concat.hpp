// SPDX-License-Identifier: BSL-1.0
#pragma once
// concat and stack.

#include <tessera/op/movement/reshape.hpp>

namespace tessera {

// A diagnosis: the compiler names it where tensors that are joined differ in another axis.
template <class Axis, class... Shape>
struct shapes_do_not_join {};

namespace op {

/// Tensors one after the other along an axis.
struct concat {
  static constexpr const char* name = "concat";
  static constexpr bool keeps = false, keeps_result = false;
  int axis;

  template <class T, class... X>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x, const X&... rest) const {
    const any_tensor<T>* all[] = {&x, &rest...};
    extents shape = x.shape;
    for (const any_tensor<T>* a : all) {
      if (a != &x) shape[axis] += a->shape[axis];
      for (int i = 0; i < shape.rank; ++i)
        if (i != axis && a->shape[i] != shape[i])
          raise<shape_error>({"tessera::concat: shapes ", x.shape, " and ", a->shape, " differ at axis ", i});
    }
    any_tensor<T> y = any_tensor<T>::uninitialized(shape);
    extent at = 0;
    for (const any_tensor<T>* a : all) {
      any_tensor<T> place{y.hold, a->shape, y.strides, at * y.strides[axis]};
      a->copy_to(place);
      at += a->shape[axis];
    }
    return y;
  }
  template <Shape S, Element T, Shape... X>
  [[nodiscard]] constexpr array<T, S> on_arrays(const array<T, X>&... x) const {
    array<T, S> y;
    extent at = 0;
    const extent step = row_major(S::pattern)[axis];
    (
        [&] {
          tessera::detail::for_each_pair<X, tessera::detail::dense_map<X>, tessera::detail::dense_map<S>>([&](extent from, extent to) { y.data()[to] = x.data()[from]; }, 0, at * step);
          at += X::pattern[axis];
        }(),
        ...);
    return y;
  }
  template <class V, class... X>
  [[nodiscard]] auto vjp(const V& g, const V& x, const X&... rest) const {
    return parts<V>{g, {x.shape(), rest.shape()...}, axis};
  }

 private:
  template <class V>
  struct parts {
    const V& g;
    extents shapes[max_rank * 4];
    int axis;
    template <int I>
    [[nodiscard]] auto get() const {
      return [this] {
        extents strides = row_major(g.shape());
        extent at = 0;
        for (int i = 0; i < I; ++i) at += shapes[i][axis];
        return apply(read_strided{shapes[I], strides, at * strides[axis]}, g);
      };
    }
  };
};

}  // namespace op

namespace detail {

template <int Axis, class... S>
struct concatenated {
  static constexpr bool fits = [] {
    constexpr int ranks[] = {S::rank...};
    bool all = Axis >= 0 && Axis < ranks[0];
    constexpr extents patterns[] = {S::pattern...};
    for (std::size_t k = 0; k < sizeof...(S); ++k) {
      all = all && ranks[k] == ranks[0];
      for (int i = 0; all && i < ranks[0]; ++i) all = i == Axis || rule::may_equal(patterns[k][i], patterns[0][i]);
    }
    return all;
  }();
  static constexpr extents pattern = [] {
    constexpr extents patterns[] = {S::pattern...};
    extents out = patterns[0];
    for (std::size_t k = 1; fits && k < sizeof...(S); ++k)
      for (int i = 0; i < out.rank; ++i) {
        if (i != Axis) out[i] = rule::meet(out[i], patterns[k][i]);
        else out[i] = is_known(out[i]) && is_known(patterns[k][i]) ? out[i] + patterns[k][i] : dyn;
      }
    return out;
  }();
};

}  // namespace detail

/// Tensors one after the other along an axis: concat(axis<0>, a, b, c).
///   error  compile time: shapes_do_not_join; run time: shape_error naming the axis
///   grad   each operand gets its part of dy
///   like   torch.cat
struct concat_fn {
  template <int A, class... X>
    requires(sizeof...(X) > 0 && sizeof...(X) <= 4 * max_rank)
  [[nodiscard]] constexpr auto operator()(axis_list<A>, const X&... x) const {
    if constexpr ((false || ... || is_poison<X>)) {
      return poison{};
    } else {
      constexpr int ranks[] = {shape_t<X>::rank...};
      constexpr int at = A < 0 ? A + ranks[0] : A;
      using R = detail::concatenated<at, shape_t<X>...>;
      expect<R::fits, shapes_do_not_join<axis_list<A>, shape_t<X>...>>();
      if constexpr (!R::fits) return poison{};
      else return structured<shape_of<R>, typename detail::join_all<detail::join_dtype, void, X...>::type>(op::concat{at}, x...);
    }
  }
};
inline constexpr concat_fn concat{};

/// Tensors of one shape along a new axis: stack(axis<0>, a, b).
///   like   torch.stack
struct stack_fn {
  template <int A, class... X>
  [[nodiscard]] constexpr auto operator()(axis_list<A>, const X&... x) const {
    return concat(axis<A>, unsqueeze(x, axis<A>)...);
  }
};
inline constexpr stack_fn stack{};

}  // namespace tessera
