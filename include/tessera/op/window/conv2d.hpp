// SPDX-License-Identifier: BSL-1.0
#pragma once
// conv2d: the cross-correlation of images with kernels, which deep learning calls a convolution.

#include <tessera/backend/convolution.hpp>
#include <tessera/op/movement/pad.hpp>
#include <tessera/op/movement/reshape.hpp>
#include <tessera/op/window/options.hpp>

namespace tessera {

// A diagnosis: the compiler names it where the channels of images [N, C, H, W] are not those of weight [O, C / groups, h, w],
// or where the kernel is larger than the padded image.
template <class Input, class Weight>
struct conv2d_shapes_do_not_fit {};
// A diagnosis: a bias has an element for each of the first axis of the weight.
template <class Bias, class Weight>
struct conv2d_bias_does_not_fit {};
// A diagnosis: same_padding is for a stride of 1.
template <class Stride>
struct same_padding_does_not_fit {};

/// How a convolution is padded, besides by a number of zeros.
template <class X>
concept EdgeOption = std::same_as<X, same_padding> || std::same_as<X, valid_padding> || std::same_as<X, zero_padding> || std::same_as<X, reflect_padding> ||
                     std::same_as<X, replicate_padding> || std::same_as<X, circular_padding>;
/// An option of a convolution.
template <class X>
concept ConvolutionOption = detail::is_pair_option<stride, X> || detail::is_pair_option<padding, X> || detail::is_pair_option<dilation, X> || detail::is_groups<X> || EdgeOption<X>;

namespace op {

/// How a kernel moves over images.
struct convolution_steps {
  extents stride{1, 1}, padding{0, 0}, dilation{1, 1};
  extent groups = 1;

  [[nodiscard]] constexpr bool can_be() const {
    return stride[0] > 0 && stride[1] > 0 && padding[0] >= 0 && padding[1] >= 0 && dilation[0] > 0 && dilation[1] > 0;
  }
  [[nodiscard]] backend::sliding axis(int i, extent input, extent output, extent kernel) const { return {input, output, kernel, stride[i], padding[i], dilation[i]}; }
  /// The geometry of x [N, C, H, W], w [O, C / groups, h, w] and their y.
  [[nodiscard]] backend::convolution geometry(const extents& x, const extents& w, const extents& y) const {
    return {x[0], groups, w[1], w[0] / groups, axis(0, x[2], y[2], w[2]), axis(1, x[3], y[3], w[3])};
  }
};

namespace detail {

[[noreturn]] TESSERA_COLD_ONCE void refuse_convolution(const extents& x, const extents& w, std::initializer_list<message_part> why) {
  raise<shape_error>({"tessera::conv2d: an input of shape ", x, " and a weight of shape ", w, " do not fit: ", message(why)});
}
[[noreturn]] TESSERA_COLD_ONCE void refuse_steps(const convolution_steps& s) {
  raise<value_error>({"tessera::conv2d: stride ", tessera::detail::both(s.stride), ", padding ", tessera::detail::both(s.padding),
                     " and dilation ", tessera::detail::both(s.dilation), " must be at least 1, 0 and 1"});
}
/// The shape of the result.
///   error  shape_error that names both shapes and the axis, value_error for a stride, padding, dilation or groups that cannot be
[[nodiscard]] TESSERA_COLD_ONCE extents convolved_shape(const convolution_steps& s, const extents& x, const extents& w) {
  if (!s.can_be()) refuse_steps(s);
  if (s.groups < 1 || w[0] % s.groups != 0) raise<value_error>({"tessera::conv2d: weight ", w, " does not fall into ", s.groups, " groups at axis 0"});
  if (x[1] != w[1] * s.groups)
    refuse_convolution(x, w, {"axis 1 of the input is not axis 1 of the weight times ", s.groups, s.groups == 1 ? " group" : " groups"});
  extents y{x[0], w[0], 0, 0};
  for (int i = 0; i < 2; ++i) {
    y[2 + i] = rule::slid(x[2 + i], w[2 + i], s.stride[i], s.padding[i], s.dilation[i]);
    if (y[2 + i] == rule::no_window)
      refuse_convolution(x, w, {"at axis ", 2 + i, " the kernel is empty or larger than the image with its padding of ", s.padding[i]});
  }
  return y;
}

}  // namespace detail

// The three are closed under derivatives: y = x * w is linear in both, and so are its two adjoints.
struct conv2d_input;
struct conv2d_weight;

/// x [N, C, H, W] with w [O, C / groups, h, w], and b [O] or none.
struct conv2d {
  static constexpr const char* name = "conv2d";
  static constexpr bool keeps = true, keeps_result = false;
  convolution_steps steps;

  template <class T, class... Bias>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x, const any_tensor<T>& w, const Bias&... bias) const {
    any_tensor<T> y = any_tensor<T>::uninitialized(detail::convolved_shape(steps, x.shape, w.shape));
    if ((false || ... || (bias.size() != w.shape[0])))
      raise<shape_error>({"tessera::conv2d: the bias has not an element for each of the ", w.shape[0], " channels of weight ", w.shape, " at axis 0"});
    run(x.contiguous(), w.contiguous(), y, bias.contiguous()...);
    return y;
  }
  template <class V, class... Rest>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V& w, const Rest&... rest) const;

 private:
  template <class T, class... Bias>
  void run(const any_tensor<T>& x, const any_tensor<T>& w, any_tensor<T>& y, const Bias&... bias) const {
    const T* b = nullptr;
    ((b = bias.data()), ...);
    backend::convolve<T>(steps.geometry(x.shape, w.shape, y.shape), x.data(), w.data(), b, y.mutable_data());
  }
  template <class First, class... Rest>
  [[nodiscard]] static const First& first(const First& x, const Rest&...) {
    return x;
  }
};

/// dx of dy and w.
struct conv2d_input {
  static constexpr const char* name = "conv2d_input";
  static constexpr bool keeps = true, keeps_result = false;
  convolution_steps steps;
  extents shape;  // of x

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& dy, const any_tensor<T>& w) const {
    any_tensor<T> dx = any_tensor<T>::uninitialized(shape);
    backend::convolve_input<T>(steps.geometry(shape, w.shape, dy.shape), dy.contiguous().data(), w.contiguous().data(), dx.mutable_data());
    return dx;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V& dy, const V& w, const V&) const;
};

/// dw of dy and x.
struct conv2d_weight {
  static constexpr const char* name = "conv2d_weight";
  static constexpr bool keeps = true, keeps_result = false;
  convolution_steps steps;
  extents shape;  // of w

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& dy, const any_tensor<T>& x) const {
    any_tensor<T> dw = any_tensor<T>::uninitialized(shape);
    backend::convolve_weight<T>(steps.geometry(x.shape, shape, dy.shape), dy.contiguous().data(), x.contiguous().data(), dw.mutable_data());
    return dw;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V& dy, const V& x, const V&) const {
    return cotangents{[&] { return apply(conv2d{steps}, x, h); }, [&] { return apply(conv2d_input{steps, x.shape()}, dy, h); }};
  }
};

template <class V>
auto conv2d_input::vjp(const V& h, const V& dy, const V& w, const V&) const {
  return cotangents{[&] { return apply(conv2d{steps}, h, w); }, [&] { return apply(conv2d_weight{steps, w.shape()}, dy, h); }};
}

template <class V, class... Rest>
auto conv2d::vjp(const V& g, const V& x, const V& w, const Rest&... rest) const {
  const auto dx = [&] { return apply(conv2d_input{steps, x.shape()}, g, w); };
  const auto dw = [&] { return apply(conv2d_weight{steps, w.shape()}, g, x); };
  if constexpr (sizeof...(Rest) == 1) {
    return cotangents{dx, dw};
  } else {
    const auto db = [&g, shape = first(rest...).shape()] { return apply(change_shape{shape}, sum_to(g, {1, shape[0], 1, 1})); };
    return cotangents{dx, dw, db};
  }
}

}  // namespace op

namespace detail {

/// The shape of a convolution as far as the compiler knows it.
template <class X, class W, class S, class P, class D, class G>
struct conv2d_rule {
  static constexpr extents x = X::pattern, w = W::pattern;
  static constexpr bool ranks = X::rank == 4 && W::rank == 4;
  static constexpr extent channels = ranks && is_known(w[1]) && is_known(G::known) ? w[1] * G::known : dyn;
  static constexpr extents pattern{ranks ? x[0] : dyn, ranks ? w[0] : dyn, ranks ? rule::slid(x[2], w[2], S::known_rows, P::known_rows, D::known_rows) : dyn,
                                   ranks ? rule::slid(x[3], w[3], S::known_columns, P::known_columns, D::known_columns) : dyn};
  static constexpr bool fits = ranks && rule::may_equal(x[1], channels) && !(is_known(w[0]) && is_known(G::known) && (G::known < 1 || w[0] % G::known != 0)) &&
                               pattern[2] != rule::no_window && pattern[3] != rule::no_window;
};

}  // namespace detail

namespace detail {

/// Takes from the padding of a convolution what is no even number of zeros: the sides that are added before it.
///   error  value_error for steps that cannot be, and for same_padding with strides
[[nodiscard]] TESSERA_COLD_ONCE pads<dyn, dyn, dyn, dyn> edges_of(op::convolution_steps& s, bool same, bool zeros, extent kernel_rows, extent kernel_columns) {
  if (!s.can_be()) op::detail::refuse_steps(s);
  const extents kernel{kernel_rows, kernel_columns};
  extents before = s.padding, behind = s.padding;
  for (int i = 0; same && i < 2; ++i) {
    if (s.stride[i] != 1) raise<value_error>({"tessera::conv2d: same_padding is for stride 1, and not for ", both(s.stride)});
    const extent all = kernel[i] < 1 ? 0 : s.dilation[i] * (kernel[i] - 1);
    before[i] = all / 2;
    behind[i] = all - before[i];
  }
  for (int i = 0; i < 2; ++i) {
    s.padding[i] = zeros ? before[i] : 0;
    before[i] -= s.padding[i];
    behind[i] -= s.padding[i];
  }
  return pads<dyn, dyn, dyn, dyn>{before[1], behind[1], before[0], behind[0]};
}

/// The mode among options.
template <class... Options>
struct edge_mode {
  using type = zero_padding;
};
template <class First, class... Rest>
struct edge_mode<First, Rest...> : std::conditional_t<PadMode<First>, std::type_identity<First>, edge_mode<Rest...>> {};

/// conv2d_rule where the result has the rows and columns of x.
template <class X, class W, class D, class G>
struct conv2d_same_rule {
  using Other = conv2d_rule<X, W, stride<1>, padding<>, D, G>;
  static constexpr bool fits = Other::fits && (Other::w[2] != 0) && (Other::w[3] != 0);
  static constexpr extents pattern = fits ? extents{Other::pattern[0], Other::pattern[1], Other::x[2], Other::x[3]} : Other::pattern;
};

/// Do the elements of a mirror, or of the other end, suffice for what the compiler knows of a convolution's padding?
template <class X, class W, class P, class D, class Mode, bool Same>
inline constexpr bool edges_fit = [] {
  const extents kernel{W::pattern[2], W::pattern[3]}, padding{P::known_rows, P::known_columns}, dilation{D::known_rows, D::known_columns};
  for (int i = 0; i < 2; ++i) {
    const extent n = X::pattern[2 + i];
    extent most = padding[i];
    if (Same) most = is_known(kernel[i]) && is_known(dilation[i]) ? (dilation[i] * (kernel[i] - 1) + 1) / 2 : dyn;
    if (is_known(n) && is_known(most) && !op::pad_steps::fits(pad_source_of<Mode>, n, Same ? most : padding[i], most)) return false;
  }
  return true;
}();

/// One image without a batch?
template <class X>
inline constexpr bool is_one_image = false;
template <Operand X>
inline constexpr bool is_one_image<X> = shape_t<X>::rank == 3;
}  // namespace detail

/// conv2d(x, w), conv2d(x, w, b), with options behind in any order: stride, padding, dilation and groups, each known to the
/// compiler (padding<1>{}) or not (padding{1}); same_padding{} or valid_padding{} in the place of a padding; and what the padding is
/// made of, if not of zeros: reflect_padding{}, replicate_padding{} or circular_padding{}, as pad says.
///   shape  x [N, C, H, W] or [C, H, W], w [O, C / groups, h, w], b [O] -> [N, O, H', W'] or [O, H', W'] with H' = (H + 2·padding - dilation·(h - 1) - 1) / stride + 1
///   error  compile time: conv2d_shapes_do_not_fit<Input, Weight>, conv2d_bias_does_not_fit, same_padding_does_not_fit, pads_do_not_fit; run time:
///          shape_error, value_error
///   grad   dx and dw by two adjoint operations, db = dy summed over images and pixels; any order
///   cost   2·N·O·H'·W'·C / groups·h·w flop; forward, dx and dw alike. Kernels of 3 x 3 with stride and dilation 1 take down to a quarter of the
///          multiplications where there are channels and pixels enough (Winograd's transforms, on processors): results of float then err
///          up to 2.5 times as much as sums in order do, and an infinity makes NaN of the 4 x 4 results beside it. A padding that is not of
///          zeros, or longer behind than before, is a copy of x first
///   like   torch.nn.functional.conv2d, and the padding_mode of torch.nn.Conv2d
struct conv2d_fn {
  template <class X, class W, ConvolutionOption... Options>
  [[nodiscard]] auto operator()(const X& x, const W& w, const Options&... options) const {
    if constexpr (detail::is_one_image<X>) return squeeze((*this)(unsqueeze(x, axis<0>), w, options...), axis<0>);
    else return run(x, w, [&]<class S, class T>(const op::convolution_steps& steps, const auto& images) { return structured<S, T>(op::conv2d{steps}, images, w); }, options...);
  }
  template <class X, class W, Operand B, ConvolutionOption... Options>
  [[nodiscard]] auto operator()(const X& x, const W& w, const B& bias, const Options&... options) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else if constexpr (detail::is_one_image<X>) {
      return squeeze((*this)(unsqueeze(x, axis<0>), w, bias, options...), axis<0>);
    } else if constexpr (shape_t<B>::rank != 1 || (shape_t<W>::rank == 4 && !rule::may_equal(shape_t<B>::pattern[0], shape_t<W>::pattern[0]))) {
      static_cast<typename conv2d_bias_does_not_fit<shape_t<B>, shape_t<W>>::error*>(nullptr);
      return poison{};
    } else {
      return run(x, w, [&]<class S, class T>(const op::convolution_steps& steps, const auto& images) { return structured<S, T>(op::conv2d{steps}, images, w, bias); }, options...);
    }
  }

 private:
  /// f gets the steps and the images, to which sides were added where an EdgeOption asks for some that are not zeros or not alike.
  template <class X, class W, class F, class... Options>
  [[nodiscard]] static auto run(const X& x, const W& w, const F& f, const Options&... options) {
    if constexpr (is_poison<X> || is_poison<W>) {
      return poison{};
    } else {
      const auto s = detail::option_of<stride>(stride<1>{}, options...);
      const auto p = detail::option_of<padding>(padding<0>{}, options...);
      const auto d = detail::option_of<dilation>(dilation<1>{}, options...);
      const auto g = detail::groups_of(options...);
      using Steps = std::remove_const_t<decltype(s)>;
      using Pad = std::remove_const_t<decltype(p)>;
      using Apart = std::remove_const_t<decltype(d)>;
      using Groups = std::remove_const_t<decltype(g)>;
      using Mode = typename detail::edge_mode<Options...>::type;
      constexpr bool same = detail::is_one_of<same_padding, Options...>, valid = detail::is_one_of<valid_padding, Options...>;
      static_assert((0 + ... + PadMode<Options>) <= 1, "tessera::conv2d: there is one padding mode");
      static_assert(same + valid + !std::same_as<Pad, padding<0>> <= 1, "tessera::conv2d: same_padding, valid_padding or a number says how much padding there is, and no two of them");
      using R = std::conditional_t<same, detail::conv2d_same_rule<shape_t<X>, shape_t<W>, Apart, Groups>, detail::conv2d_rule<shape_t<X>, shape_t<W>, Steps, Pad, Apart, Groups>>;
      if constexpr (!R::fits) {
        static_cast<typename conv2d_shapes_do_not_fit<shape_t<X>, shape_t<W>>::error*>(nullptr);
        return poison{};
      } else if constexpr (!(false || ... || EdgeOption<Options>)) {
        return f.template operator()<shape_of<R>, element_t<W>>(op::convolution_steps{{s.rows, s.columns}, {p.rows, p.columns}, {d.rows, d.columns}, g.count}, x);
      } else if constexpr (same && ((is_known(Steps::known_rows) && Steps::known_rows != 1) || (is_known(Steps::known_columns) && Steps::known_columns != 1))) {
        static_cast<typename same_padding_does_not_fit<Steps>::error*>(nullptr);
        return poison{};
      } else if constexpr (!detail::edges_fit<shape_t<X>, shape_t<W>, Pad, Apart, Mode, same>) {
        static_cast<typename pads_do_not_fit<shape_t<X>, std::conditional_t<same, same_padding, Pad>, Mode>::error*>(nullptr);
        return poison{};
      } else {
        op::convolution_steps steps{{s.rows, s.columns}, {p.rows, p.columns}, {d.rows, d.columns}, g.count};
        const extents kernel = detail::expression_of(w).shape().values();
        const auto sides = detail::edges_of(steps, same, std::same_as<Mode, zero_padding>, kernel[2], kernel[3]);
        const extent* const n = sides.counts;
        if (n[0] == 0 && n[1] == 0 && n[2] == 0 && n[3] == 0) return f.template operator()<shape_of<R>, element_t<W>>(steps, x);
        return f.template operator()<shape_of<R>, element_t<W>>(steps, pad(x, sides, Mode{}));
      }
    }
  }
};
inline constexpr conv2d_fn conv2d{};

}  // namespace tessera
