// SPDX-License-Identifier: BSL-1.0
#pragma once
// layer_norm: rows brought to mean 0 and variance 1, then scaled and shifted.

#include <tessera/backend/layer_norm.hpp>
#include <tessera/op/reduce/variance.hpp>

namespace tessera {

// A diagnosis: the compiler names it where the weight or the bias has not the shape of the normalised axes, or these are not the last.
template <class Input, class Axes, class... Affine>
struct layer_norm_shapes_do_not_fit {};

/// Options of layer_norm.
struct layer_norm_options {
  double eps = 1e-5;  // added to the variance
};

namespace op {

/// What backward reads of the rows besides their elements: the mean of each and 1 / deviation.
template <std::floating_point T>
struct row_moments {
  int axes = 1;
  extent length = 0;
  any_tensor<T> mean{}, scale{};
};

/// The cotangents of layer_norm. All three come from one sweep, which runs when the first of them is asked for.
template <std::floating_point T, class V>
class layer_norm_cotangents {
 public:
  layer_norm_cotangents(const row_moments<T>& rows, double eps, V g, V x, V w, V b) : rows_(rows), eps_(eps), g_(std::move(g)), x_(std::move(x)), w_(std::move(w)), b_(std::move(b)) {}

  template <int I>
  [[nodiscard]] auto get() const {
    return [this] {
      if (!done_) {
        if constexpr (V::records()) compose();
        else sweep();
      }
      done_ = true;
      return parts_[I];
    };
  }

 private:
  void sweep() const {
    const bool affine = w_.shape().rank != 0, shifted = b_.shape().rank != 0;
    any_tensor<T> dx = any_tensor<T>::uninitialized(x_.shape()), dw, db;
    if (affine) dw = any_tensor<T>::filled(w_.shape(), T(0));
    if (shifted) db = any_tensor<T>::filled(b_.shape(), T(0));
    const any_tensor<T> g = g_.value.contiguous(), x = x_.value.contiguous(), w = affine ? w_.value.contiguous() : any_tensor<T>();
    backend::layer_norm_backward<T>({rows_.mean.size(), rows_.length, g.data(), x.data(), rows_.mean.data(), rows_.scale.data(), affine ? w.data() : nullptr, dx.mutable_data(),
                            affine ? dw.mutable_data() : nullptr, shifted ? db.mutable_data() : nullptr});
    parts_[0] = V(std::move(dx));
    parts_[1] = V(std::move(dw));
    parts_[2] = V(std::move(db));
  }
  /// The same in operations that can be differentiated again: with n = (x - mean) / deviation and u = g·weight,
  /// dx = (u - mean of u - n·mean of u·n) / deviation.
  void compose() const {
    extents row = x_.shape();
    for (int i = row.rank - (rows_.axes); i < row.rank; ++i) row[i] = 1;
    const V share = V::constant(1 / static_cast<double>(std::max<extent>(1, rows_.length)));
    const auto mean = [&](const V& v) { return sum_to(v, row) * share; };
    const V d = x_ - mean(x_);
    const V scale = V::constant(1) / lane::sqrt(V(mean(d * d) + V::constant(eps_)));
    const V n = d * scale, u = w_.shape().rank != 0 ? g_ * w_ : g_;
    parts_[0] = scale * (u - mean(u) - n * mean(u * n));
    if (w_.shape().rank != 0) parts_[1] = sum_to(g_ * n, w_.shape());
    if (b_.shape().rank != 0) parts_[2] = sum_to(g_, b_.shape());
  }

  row_moments<T> rows_;
  double eps_;
  V g_, x_, w_, b_;  // without axes where there is none
  mutable bool done_ = false;
  mutable V parts_[3];
};

/// Rows of the last `axes` axes normalised; operands x, then perhaps weight, then perhaps bias.
template <std::floating_point T>
struct layer_norm {
  static constexpr const char* name = "layer_norm";
  static constexpr bool keeps = true, keeps_result = false;
  double eps;
  row_moments<T> rows;

  layer_norm(int axes, layer_norm_options options) : eps(options.eps) { rows.axes = axes; }

  template <class... Affine>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x, const Affine&... affine) {
    extents lead = x.shape;
    lead.rank -= rows.axes;
    const extent n = count(lead);
    rows.length = n == 0 ? 0 : x.size() / n;
    (check(x.shape, affine.shape), ...);
    rows.mean = any_tensor<T>::uninitialized({n});
    rows.scale = any_tensor<T>::uninitialized({n});
    any_tensor<T> y = any_tensor<T>::uninitialized(x.shape);
    const any_tensor<T> from = x.contiguous();
    const any_tensor<T> kept[] = {affine.contiguous()..., any_tensor<T>(), any_tensor<T>()};
    backend::layer_norm_forward<T>({n, rows.length, eps, from.data(), kept[0].hold ? kept[0].data() : nullptr, kept[1].hold ? kept[1].data() : nullptr, rows.mean.mutable_data(),
                           rows.scale.mutable_data(), y.mutable_data()});
    return y;
  }
  template <class V, class... Rest>
  [[nodiscard]] auto vjp(const V& g, const V& x, const Rest&... rest) const {
    const V all[] = {rest..., V(), V()};  // perhaps weight, perhaps bias, the result
    constexpr int affine = static_cast<int>(sizeof...(Rest)) - 1;
    return layer_norm_cotangents<T, V>(rows, eps, g, x, affine > 0 ? all[0] : V(), affine > 1 ? all[1] : V());
  }
  void release() { rows.mean = rows.scale = {}; }

 private:
  void check(const extents& x, const extents& affine) const {
    for (int i = 0; i < rows.axes; ++i)
      if (const int axis = x.rank - rows.axes + i; affine.rank != rows.axes || affine[i] != x[axis]) refuse(x, affine, axis);
  }
  [[noreturn]] TESSERA_COLD static void refuse(const extents& x, const extents& affine, int axis) {
    raise<shape_error>({"tessera::layer_norm: an input of shape ", x, " and a weight or bias of shape ", affine, " differ at axis ", axis});
  }
};

}  // namespace op

namespace detail {

template <class X, class Axes, class... Affine>
struct layer_norm_rule {
  static constexpr bool axes_fit = are_axes(Axes::values, X::rank) && Axes::size > 0 && axis_mask(Axes::values, X::rank) == ((1U << X::rank) - (1U << (X::rank - Axes::size)));
  [[nodiscard]] static constexpr bool suits(const extents& affine) {
    bool all = affine.rank == Axes::size;
    for (int i = 0; all && i < affine.rank; ++i) all = rule::may_equal(affine[i], X::pattern[X::rank - Axes::size + i]);
    return all;
  }
  static constexpr bool fits = [] {
    if constexpr (axes_fit) return (true && ... && suits(Affine::pattern));
    else return false;
  }();
};

// On arrays, and on the values that grad(f) traces, layer_norm is composed.
template <class X, class Axes, class... Affine>
[[nodiscard]] constexpr auto compose_layer_norm(const X& x, Axes over, layer_norm_options options, const Affine&... affine) {
  using T = floating_t<element_t<X>>;
  const auto d = kept(expression_of(x - mean(x, over, keepdim)));
  const auto normal = kept(expression_of(d / sqrt(mean(d * d, over, keepdim) + static_cast<T>(options.eps))));
  if constexpr (sizeof...(Affine) == 0) return normal;
  else if constexpr (sizeof...(Affine) == 1) return kept(expression_of(normal * (affine * ...)));
  else return [&](const auto& w, const auto& b) { return kept(expression_of(normal * w + b)); }(affine...);
}

}  // namespace detail

/// x brought to mean 0 and variance 1 over its last axes, then times a weight and plus a bias of the shape of these axes:
/// layer_norm(x, axis<-1>), layer_norm(x, axes<-2, -1>, weight, bias, {.eps = 1e-6}).
///   error  compile time: layer_norm_shapes_do_not_fit; run time: shape_error naming the axis
///   grad   with n = (x - mean) / deviation and u = dy·weight: (u - mean of u - n·mean of u·n) / deviation; Σ dy·n for the weight
///          and Σ dy for the bias, added in an order that depends on the extents only
///   cost   three passes over a row that stays in cache; backward two, in which all gradients are formed
///   like   torch.nn.functional.layer_norm, with its variance (divided by n)   source Ba, Kiros and Hinton 2016
struct layer_norm_fn {
  template <class X, int... A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...> over, layer_norm_options options = {}) const {
    return compute(x, over, options);
  }
  template <class X, int... A, Operand W>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...> over, const W& weight, layer_norm_options options = {}) const {
    return compute(x, over, options, weight);
  }
  template <class X, int... A, Operand W, Operand B>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A...> over, const W& weight, const B& bias, layer_norm_options options = {}) const {
    return compute(x, over, options, weight, bias);
  }

 private:
  template <class X, class Axes, class... Affine>
  [[nodiscard]] static constexpr auto compute(const X& x, Axes over, layer_norm_options options, const Affine&... affine) {
    if constexpr (is_poison<X>) {
      return poison{};
    } else if constexpr (!detail::layer_norm_rule<shape_t<X>, Axes, shape_t<Affine>...>::fits) {
      static_cast<typename layer_norm_shapes_do_not_fit<shape_t<X>, Axes, shape_t<Affine>...>::error*>(nullptr);
      return poison{};
    } else if constexpr ((StaticOperand<X> && ... && StaticOperand<Affine>)) {
      return detail::compose_layer_norm(x, over, options, affine...);
    } else {
      using T = floating_t<element_t<X>>;
      return structured<shape_t<X>, T>(op::layer_norm<T>(Axes::size, options), x, affine...);
    }
  }
};
inline constexpr layer_norm_fn layer_norm{};

}  // namespace tessera
