// SPDX-License-Identifier: BSL-1.0
#pragma once
// conv2d as a layer.

#include <tessera/nn/layer/linear.hpp>  // no_bias, of
#include <tessera/op/window/conv2d.hpp>

namespace tessera::nn {

/// Option of conv2d: how many columns its kernel has, where they are not as many as its rows.
template <extent Columns>
struct kernel_columns {
  static constexpr extent value = Columns;
};

namespace detail {
template <template <extent, extent> class Kind, class Otherwise, class... Options>
using option_t = std::remove_cvref_t<decltype(tessera::detail::option_of<Kind>(std::declval<Otherwise>(), std::declval<Options>()...))>;

template <extent Otherwise, class... Options>
inline constexpr extent columns_of = Otherwise;
template <extent Otherwise, extent Columns, class... Rest>
inline constexpr extent columns_of<Otherwise, kernel_columns<Columns>, Rest...> = Columns;
template <extent Otherwise, class First, class... Rest>
inline constexpr extent columns_of<Otherwise, First, Rest...> = columns_of<Otherwise, Rest...>;

/// The option among those given when the program runs, or else what its type knows.
template <template <extent, extent> class Kind, class Option, class... Given>
[[nodiscard]] constexpr Option given(const Given&... all) {
  if constexpr ((false || ... || std::same_as<Option, Given>)) return tessera::detail::option_of<Kind>(0, all...);
  else return Option();
}
/// The options that say how a convolution is padded, besides by a number.
template <class List, class... Options>
struct edges_among {
  using type = List;
};
template <class... E, class First, class... Rest>
struct edges_among<type_list<E...>, First, Rest...> : edges_among<std::conditional_t<EdgeOption<First>, type_list<E..., First>, type_list<E...>>, Rest...> {};

template <class Groups, class... Given>
[[nodiscard]] constexpr Groups given_groups(const Given&... all) {
  if constexpr ((false || ... || std::same_as<Groups, Given>)) return tessera::detail::groups_of(all...);
  else return Groups();
}
}  // namespace detail

/// A convolution of images: conv2d<3, 16, 5>, with options in any order: conv2d<3, 16, 3, padding<1>, stride<2>, no_bias>,
/// conv2d<3, 16, 3, same_padding, reflect_padding>; or with sizes known only at run time: conv2d{in, out, 3, padding{1}}.
///   shape  [N, In, H, W] -> [N, Out, H', W'] as tessera::conv2d says; weight [Out, In / groups, Rows, columns], bias [Out]
///   error  compile time: conv2d_shapes_do_not_fit; run time: shape_error, value_error
///   like   torch.nn.Conv2d, with its initialisation
template <extent In, extent Out, extent Rows, class... Options>
class conv2d {
  using steps_t = detail::option_t<stride, stride<1>, Options...>;
  using padding_t = detail::option_t<padding, padding<0>, Options...>;
  using dilation_t = detail::option_t<dilation, dilation<1>, Options...>;
  using groups_t = std::remove_cvref_t<decltype(tessera::detail::groups_of(std::declval<Options>()...))>;
  static constexpr extent columns = detail::columns_of<Rows, Options...>;
  static constexpr bool splits = is_known(In) && is_known(groups_t::known);
  static_assert(!splits || (groups_t::known > 0 && In % groups_t::known == 0), "tessera::nn::conv2d: the input channels fall into groups");
  static constexpr extent depth = splits ? In / groups_t::known : dyn;
  template <class... Given>
  static constexpr bool knows = (true && ... && tessera::detail::is_one_of<Given, steps_t, padding_t, dilation_t, groups_t, Options...>);
  static constexpr bool has_edges = (false || ... || EdgeOption<Options>);
  static constexpr bool sized = is_known(In) && is_known(Out) && is_known(Rows) && is_known(columns);

 public:
  using element = typename detail::element_option<Options...>::type;
  static constexpr bool has_bias = !detail::has_option<no_bias, Options...>;

  conv2d()
    requires sized
      : conv2d(In, Out, Rows, columns, steps_t(), padding_t(), dilation_t(), groups_t()) {}
  /// With what the type does not know: channels, a square kernel, and options.
  template <class... Given>
    requires(ConvolutionOption<Given> && ...)
  conv2d(extent in, extent out, extent kernel, const Given&... all)
      : conv2d(in, out, kernel, is_known(columns) ? columns : kernel, detail::given<stride, steps_t>(all...), detail::given<padding, padding_t>(all...),
               detail::given<dilation, dilation_t>(all...), detail::given_groups<groups_t>(all...)) {
    static_assert(knows<Given...>, "tessera::nn::conv2d: an option of the constructor is among those of the type");
  }
  /// The same with a kernel that is not square.
  template <class... Given>
    requires(ConvolutionOption<Given> && ...)
  conv2d(extent in, extent out, window<> kernel, const Given&... all)
      : conv2d(in, out, kernel.rows, kernel.columns, detail::given<stride, steps_t>(all...), detail::given<padding, padding_t>(all...),
               detail::given<dilation, dilation_t>(all...), detail::given_groups<groups_t>(all...)) {
    static_assert(knows<Given...>, "tessera::nn::conv2d: an option of the constructor is among those of the type");
  }

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    if constexpr (has_edges) return with_edges(x, typename detail::edges_among<type_list<>, Options...>::type());
    else if constexpr (has_bias) return tessera::conv2d(x, weight, bias, stride_, padding_, dilation_, groups_);
    else return tessera::conv2d(x, weight, stride_, padding_, dilation_, groups_);
  }

  void fields(auto&& visit) {
    visit("weight", weight);
    if constexpr (has_bias) visit("bias", bias);
  }

 private:
  template <class X, class... E>
  [[nodiscard]] auto with_edges(const X& x, type_list<E...>) const {
    if constexpr (has_bias) return tessera::conv2d(x, weight, bias, stride_, padding_, dilation_, groups_, E()...);
    else return tessera::conv2d(x, weight, stride_, padding_, dilation_, groups_, E()...);
  }

  using bias_shape = std::conditional_t<has_bias, shape<Out>, shape<0>>;
  using weight_shape = shape<Out, depth, Rows, columns>;

  TESSERA_COLD conv2d(extent in, extent out, extent rows, extent of_columns, steps_t s, padding_t p, dilation_t d, groups_t g)
      : weight(weight_shape::from(weight_extents(in, out, rows, of_columns, g.count))), bias(bias_shape::from(has_bias ? extents{out} : extents{0})), stride_(s), padding_(p), dilation_(d), groups_(g) {
    init::affine(weight, bias, weight.size() / std::max<extent>(1, out));
  }
  [[nodiscard]] TESSERA_COLD static extents weight_extents(extent in, extent out, extent rows, extent of_columns, extent n) {
    if (n < 1 || in % n != 0 || out % n != 0)
      raise<value_error>({"tessera::nn::conv2d: ", in, " and ", out, " channels do not fall into ", n, " groups"});
    return {out, in / n, rows, of_columns};
  }

 public:
  parameter<element, weight_shape> weight;
  parameter<element, bias_shape> bias;

 private:
  steps_t stride_;
  padding_t padding_;
  dilation_t dilation_;
  groups_t groups_;
};

template <class... Given>
  requires(ConvolutionOption<Given> && ...)
conv2d(extent, extent, extent, Given...) -> conv2d<dyn, dyn, dyn, Given...>;
template <class... Given>
  requires(ConvolutionOption<Given> && ...)
conv2d(extent, extent, window<>, Given...) -> conv2d<dyn, dyn, dyn, Given...>;

}  // namespace tessera::nn
