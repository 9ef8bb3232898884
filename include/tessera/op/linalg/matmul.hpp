// SPDX-License-Identifier: BSL-1.0
#pragma once
// matmul and linear: contractions of the last axes.

#include <tessera/backend/gemm.hpp>
#include <tessera/op/linalg/contract.hpp>
#include <tessera/op/movement/reshape.hpp>

namespace tessera {

// A diagnosis: the compiler names it where the inner extents or the batches of two operands differ.
template <class A, class B>
struct matmul_shapes_do_not_fit {};
template <class Input, class Weight>
struct linear_shapes_do_not_fit {};

namespace op {

/// x with its last two axes exchanged.
template <class V>
[[nodiscard]] V transposed(const V& x) {
  extents order;
  for (int i = 0; i < x.shape().rank; ++i) order.push_back(i);
  std::swap(order[order.rank - 1], order[order.rank - 2]);
  return apply(permute_axes{order}, x);
}
/// x with all axes but the last merged.
template <class V>
[[nodiscard]] V rows_of(const V& x) {
  extents lead = x.shape();
  --lead.rank;
  return x.shape().rank == 2 ? x : apply(change_shape{{count(lead), x.shape().back()}}, x);
}

/// x itself where it has two axes or more, a row as a matrix of one row.
template <class V>
[[nodiscard]] constexpr auto as_matrix(const V& x) {
  using S = std::remove_cvref_t<decltype(x.shape())>;
  if constexpr (!is_shape<S>) return x.shape().rank >= 2 ? x : rows_of(x);
  else if constexpr (S::rank >= 2) return x;
  else return rows_of(x);
}

/// [batch..., m, k] times [batch..., k, n], at least two axes each.
struct matmul {
  static constexpr const char* name = "matmul";
  static constexpr bool keeps = true, keeps_result = false;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& a, const any_tensor<T>& b) const {
    if (a.shape.rank == 2 && b.shape.rank == 2 && a.shape[1] == b.shape[0]) {
      any_tensor<T> y = any_tensor<T>::uninitialized(extents{a.shape[0], b.shape[1]});
      backend::gemm<T>(a.shape[0], b.shape[1], a.shape[1], {a.data(), a.strides[0], a.strides[1]}, {b.data(), b.strides[0], b.strides[1]}, y.mutable_data(), b.shape[1], false);
      return y;
    }
    const auto shape = rule::matmul(a.shape, b.shape);
    if (!shape) raise<shape_error>({"tessera::matmul: shapes ", a.shape, " and ", b.shape, " do not fit: axis ", a.shape.rank - 1,
                                   " of the first is not axis ", b.shape.rank - 2, " of the second, or the batches differ"});
    any_tensor<T> y = any_tensor<T>::uninitialized(*shape);
    const int r = shape->rank;
    const extent m = (*shape)[r - 2], n = (*shape)[r - 1], k = a.shape.back();
    extents batch = *shape;
    batch.rank = r - 2;
    const backend::batch all = backend::make_batch(batch, batch_strides(a, batch), batch_strides(b, batch));
    backend::gemm_batch<T>(all, m, n, k, {a.data(), a.strides[a.shape.rank - 2], a.strides.back()}, {b.data(), b.strides[b.shape.rank - 2], b.strides.back()}, y.mutable_data());
    return y;
  }
  template <Shape S, Element T, Shape A, Shape B>
  [[nodiscard]] constexpr array<T, S> on_arrays(const array<T, A>& a, const array<T, B>& b) const {
    return multiply_arrays(tessera::detail::ref(a), tessera::detail::ref(b));
  }
  template <class G, class A, class B, class Y>
  [[nodiscard]] constexpr auto vjp(const G& g, const A& a, const B& b, const Y&) const {
    const auto db = [&] {
      if constexpr (std::same_as<decltype(b.shape()), const extents&> || std::same_as<decltype(b.shape()), extents>)
        if (b.shape().rank == 2 && a.shape().rank > 2) return apply(matmul{}, transposed(rows_of(a)), rows_of(g));  // one product has the sum over the batch
      return sum_to(apply(matmul{}, transposed(a), g), b.shape());
    };
    return cotangents{[&] { return sum_to(apply(matmul{}, g, transposed(b)), a.shape()); }, db};
  }

 private:
  template <class T>
  [[nodiscard]] static extents batch_strides(const any_tensor<T>& x, const extents& batch) {
    extents own = x.shape, strides = x.strides, out = extents::filled(batch.rank, 0);
    own.rank = strides.rank = x.shape.rank - 2;
    backend::stretch(own, strides, batch, out.at);
    return out;
  }
};

/// x·wᵀ + b over the last axis of x, w of shape [out, in], b of shape [out] or absent.
struct linear {
  static constexpr const char* name = "linear";
  static constexpr bool keeps = true, keeps_result = false;

  template <class T, class... Bias>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x, const any_tensor<T>& w, const Bias&... bias) const {
    if (x.shape.back() != w.shape[1])
      raise<shape_error>({"tessera::linear: an input of shape ", x.shape, " has not the ", w.shape[1], " features of weight ", w.shape,
                         " at its last axis"});
    extents shape = x.shape;
    shape[shape.rank - 1] = w.shape[0];
    any_tensor<T> y = any_tensor<T>::uninitialized(shape);
    const T* b = nullptr;
    ((b = bias.data()), ...);
    const auto multiply = [&](const any_tensor<T>& rows) {
      backend::gemm<T>(rows.shape[0], w.shape[0], w.shape[1], {rows.data(), rows.strides[0], rows.strides[1]}, {w.data(), w.strides[1], w.strides[0]}, y.mutable_data(), w.shape[0], false, b);
    };
    if (x.shape.rank == 2) multiply(x);
    else multiply(as_rows(x));
    return y;
  }
  template <Shape S, Element T, Shape X, Shape W, class... Bias>
  [[nodiscard]] constexpr array<T, S> on_arrays(const array<T, X>& x, const array<T, W>& w, const Bias&... bias) const {
    array<T, S> y = array<T, S>::uninitialized();
    const auto multiply = [&](const T* b) { multiply_to(y.data(), rows_of(tessera::detail::ref(x)), transposed(tessera::detail::ref(w)), b); };
    if (std::is_constant_evaluated()) {
      multiply(nullptr);
      [[maybe_unused]] const auto add = [&]<class B>(const array<T, B>& b) {
        for (extent i = 0; i < S::static_size; i += B::static_size) tessera::detail::add_elements<B::static_size>(y.data() + i, b.data());
      };
      (add(bias), ...);
    } else {
      const T* b = nullptr;
      ((b = bias.data()), ...);
      multiply(b);
    }
    return y;
  }
  template <class G, class X, class W, class... Rest>
  [[nodiscard]] constexpr auto vjp(const G& g, const X& x, const W& w, const Rest&... rest) const {
    const auto dx = [&] { return sum_to(apply(matmul{}, as_matrix(g), w), x.shape()); };
    const auto dw = [&] { return apply(matmul{}, transposed(rows_of(g)), rows_of(x)); };
    if constexpr (sizeof...(Rest) == 1) {
      return cotangents{dx, dw};
    } else {
      const auto db = [&] { return sum_to(rows_of(g), first(rest...).shape()); };
      return cotangents{dx, dw, db};
    }
  }

 private:
  template <class First, class... Rest>
  [[nodiscard]] static constexpr const First& first(const First& x, const Rest&...) {
    return x;
  }
  template <class T>
  [[nodiscard]] static any_tensor<T> as_rows(const any_tensor<T>& x) {
    extents lead = x.shape;
    --lead.rank;
    return x.shape.rank == 2 ? x : change_shape{{count(lead), x.shape.back()}}.value(x);
  }
};

}  // namespace op

namespace detail {

template <class A, class B>
struct matmul_rule {
  static constexpr std::optional<extents> result = rule::matmul(A::pattern, B::pattern);
  static constexpr extents pattern = result.value_or(extents{});
  static constexpr bool fits = result.has_value();
};

template <class X, class W>
struct linear_rule {
  static constexpr bool fits = X::rank > 0 && rule::may_equal(X::pattern[X::rank - 1], W::pattern[1]);
  static constexpr extents pattern = [] {
    extents out = X::pattern;
    if (X::rank > 0) out[X::rank - 1] = W::pattern[0];
    return out;
  }();
};

}  // namespace detail

namespace detail {
/// Is X a tensor that is a matrix of floating-point numbers, with nothing to record?
template <class X>
inline constexpr bool is_plain_matrix = false;
template <std::floating_point T, Shape S>
inline constexpr bool is_plain_matrix<tensor<T, S>> = S::rank == 2;

/// The product of two such matrices that fit: what op::matmul does, without counting references.
template <Shape S, class T, class A, class B>
[[nodiscard]] tensor<T, S> multiply_tensors(const tensor<T, A>& a, const tensor<T, B>& b) {
  const extent m = a.shape()[0], k = a.shape()[1], n = b.shape()[1];
  const with_device on(a.device());
  auto y = tensor<T, S>::uninitialized(S::from({m, n}));
  backend::gemm<T>(m, n, k, {a.data(), k, 1}, {b.data(), n, 1}, y.mutable_data(), n, false);
  return y;
}
}  // namespace detail

/// Can A and B be multiplied, as far as the compiler knows their shapes?
template <class A, class B>
concept CanMatmul = detail::matmul_rule<shape_t<A>, shape_t<B>>::fits;

/// The matrix product over the last axis of a and the last but one of b. Operands of one axis are a row and a column; leading
/// axes are batches and broadcast.
///   shape  [batch..., m, k] x [batch..., k, n] -> [batch..., m, n]
///   error  compile time: matmul_shapes_do_not_fit<A, B>; run time: shape_error
///   grad   da = dy·bᵀ, db = aᵀ·dy
///   cost   2·m·n·k floating-point operations for each batch, in packed register blocks
///   like   torch.matmul
struct matmul_fn {
  template <class A, class B>
  [[nodiscard]] constexpr auto operator()(const A& a, const B& b) const {
    if constexpr (is_poison<A> || is_poison<B>) {
      return poison{};
    } else {
      using R = detail::matmul_rule<shape_t<A>, shape_t<B>>;
      expect<R::fits, matmul_shapes_do_not_fit<shape_t<A>, shape_t<B>>>();
      if constexpr (!R::fits) {
        return poison{};
      } else {
        using T = promote_t<element_t<A>, element_t<B>>;
        constexpr bool row = shape_t<A>::rank == 1, column = shape_t<B>::rank == 1;
        if constexpr (detail::is_plain_matrix<A> && detail::is_plain_matrix<B> && std::same_as<element_t<A>, element_t<B>>)
          if (a.shape()[1] == b.shape()[0] && (!has_gpu || a.device() == b.device())) return detail::multiply_tensors<shape_of<R>>(a, b);
        if constexpr (!row && !column) {
          return structured<shape_of<R>, T>(op::matmul{}, a, b);
        } else {
          const auto full = structured<shape_of<detail::matmul_rule<shape_t<decltype(matrix_of<true>(a))>, shape_t<decltype(matrix_of<false>(b))>>>, T>(op::matmul{}, matrix_of<true>(a), matrix_of<false>(b));
          return without_added_axes<row, column, shape_of<R>>(full);
        }
      }
    }
  }

 private:
  template <bool Row, class X>
  static constexpr auto matrix_of(const X& x) {
    if constexpr (shape_t<X>::rank >= 2 && StaticOperand<X>) return x;
    else if constexpr (shape_t<X>::rank >= 2) return detail::expression_of(x);
    else return unsqueeze(x, axis<(Row ? 0 : 1)>);
  }
  template <bool Row, bool Column, class S, class X>
  static constexpr auto without_added_axes(const X& x) {
    if constexpr (Row && Column) return detail::reshape_leaf<S>(x, {});
    else {
      extents to = x.shape().values();
      if constexpr (Row) {
        to[to.rank - 2] = to[to.rank - 1];
      }
      --to.rank;
      return detail::reshape_leaf<S>(x, to);
    }
  }
};
inline constexpr matmul_fn matmul{};

/// x·wᵀ + b, what a linear layer computes.
///   shape  [..., in] with w [out, in] and b [out] -> [..., out]
///   error  compile time: linear_shapes_do_not_fit<Input, Weight>; run time: shape_error
///   grad   dx = dy·w, dw = dyᵀ·x, db = dy summed over rows
///   like   torch.nn.functional.linear
struct linear_fn {
  template <class X, class W, class... Bias>
    requires(sizeof...(Bias) <= 1)
  [[nodiscard]] constexpr auto operator()(const X& x, const W& w, const Bias&... bias) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using R = detail::linear_rule<shape_t<X>, shape_t<W>>;
      if constexpr (!R::fits) {
        static_cast<typename linear_shapes_do_not_fit<shape_t<X>, shape_t<W>>::error*>(nullptr);
        return poison{};
      } else {
        return structured<shape_of<R>, element_t<W>>(op::linear{}, x, w, bias...);
      }
    }
  }
};
inline constexpr linear_fn linear{};

}  // namespace tessera
