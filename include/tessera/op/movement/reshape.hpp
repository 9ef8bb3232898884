// SPDX-License-Identifier: BSL-1.0
#pragma once
// reshape, flatten, squeeze and unsqueeze: the same elements in row-major order under another shape.

#include <tessera/op/movement/restride.hpp>
#include <tessera/op/movement/view.hpp>

namespace tessera {

// A diagnosis: the compiler names it where a shape has another number of elements than the operand.
template <class From, class To>
struct reshape_sizes_do_not_fit {};

namespace detail {

template <class From, class To>
struct reshaped {
  static constexpr std::optional<extents> result = rule::reshape(From::pattern, To::pattern);
  static constexpr extents pattern = result.value_or(From::pattern);
};

template <Shape S, Operand X>
[[nodiscard]] auto reshaped_leaf(const X& x, const extents& to) {
  const auto l = as_leaf(x);
  using L = std::remove_cvref_t<decltype(l)>;
  if constexpr (requires { l.offset; }) return structured<S, typename L::element>(op::change_shape{to}, l).lazy();
  else return leaf<typename L::element, S, typename source_of<L>::type>{l.hold, S::from(to), l.source};
}

template <Shape S, Operand X>
[[nodiscard]] constexpr auto reshape_leaf(const X& x, const extents& to) {
  if constexpr (StaticOperand<X>) return moved<S, dense_map<S>>(x);
  else return reshaped_leaf<S>(x, to);
}

/// [a, b, c, d] with the axes First to Last merged.
template <Shape S, int First, int Last>
struct flattened {
  static constexpr extents apply(const extents& all) {
    extents out;
    for (int i = 0; i < First; ++i) out.push_back(all[i]);
    extents inner;
    for (int i = First; i <= Last; ++i) inner.push_back(all[i]);
    if (S::rank == 0) out.push_back(1);
    else if (First == Last) out.push_back(all[First]);  // a name stays a name
    else out.push_back(count(inner));
    for (int i = Last + 1; i < all.rank; ++i) out.push_back(all[i]);
    return out;
  }
  static constexpr extents pattern = apply(S::pattern);
};

/// Without the axes of the mask; where it is all of them, those that the type knows to be 1.
template <Shape S, unsigned Mask>
struct squeezed {
  static constexpr extents apply(const extents& all) {
    extents out;
    for (int i = 0; i < all.rank; ++i)
      if (!((Mask >> i & 1U) != 0 && S::pattern[i] == 1)) out.push_back(all[i]);
    return out;
  }
  static constexpr extents pattern = apply(S::pattern);
};

template <Shape S, int Axis>
struct unsqueezed {
  static constexpr extents apply(const extents& all) {
    extents out;
    for (int i = 0; i <= all.rank; ++i) {
      if (i == Axis) out.push_back(1);
      if (i < all.rank) out.push_back(all[i]);
    }
    return out;
  }
  static constexpr extents pattern = apply(S::pattern);
};

}  // namespace detail

/// The elements of x under another shape; one extent may be `infer`.
///   error  compile time: reshape_sizes_do_not_fit; run time: shape_error
///   grad   dy under the shape of x
///   cost   none for tensors; a copy for a permuted or sliced view
///   like   torch.reshape
struct reshape_fn {
  template <class X, Shape To>
  [[nodiscard]] constexpr auto operator()(const X& x, To to) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using R = detail::reshaped<shape_t<X>, To>;
      constexpr bool fits = R::result.has_value();
      expect<fits, reshape_sizes_do_not_fit<shape_t<X>, To>>();
      if constexpr (!fits) {
        return poison{};
      } else {
        const extents from = detail::expression_of(x).shape().values();
        const auto actual = rule::reshape(from, to.values());
        if (!actual) raise<shape_error>({"tessera::reshape: shape ", from, " has not the number of elements of ", to.values()});
        return detail::reshape_leaf<shape_of<R>>(x, *actual);
      }
    }
  }
};
inline constexpr reshape_fn reshape{};

/// All axes merged into one, or those from First on, or from First to Last: flatten(x, axis<1>) keeps the batch.
///   like   torch.flatten
struct flatten_fn {
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x) const { return (*this)(x, axes<0, -1>); }
  template <class X, int First>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<First>) const { return (*this)(x, axes<First, -1>); }
  template <class X, int First, int Last>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<First, Last>) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using S = shape_t<X>;
      constexpr int r = S::rank == 0 ? 1 : S::rank, first = First < 0 ? First + r : First, last = Last < 0 ? Last + r : Last;
      constexpr bool fits = first >= 0 && last < r && first <= last;
      expect<fits, axes_do_not_fit<op::name<"flatten">, axis_list<First, Last>, S>>();
      if constexpr (!fits) {
        return poison{};
      } else {
        using R = detail::flattened<S, S::rank == 0 ? 0 : first, S::rank == 0 ? -1 : last>;
        return detail::reshape_leaf<shape_of<R>>(x, R::apply(detail::expression_of(x).shape().values()));
      }
    }
  }
};
inline constexpr flatten_fn flatten{};

/// x without its axes of extent 1, or without the given one, which must be 1 in the type.
///   like   torch.squeeze, for extents that the type knows
struct squeeze_fn {
  template <class X>
  [[nodiscard]] constexpr auto operator()(const X& x) const {
    if constexpr (is_poison<X>) return poison{};
    else return without<~0U>(x);
  }
  template <class X, int A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A>) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr int r = shape_t<X>::rank;
      constexpr bool fits = A >= -r && A < r;
      expect<fits, axes_do_not_fit<op::name<"squeeze">, axis_list<A>, shape_t<X>>>();
      if constexpr (fits) return without<1U << static_cast<unsigned>(A < 0 ? A + r : A)>(x);
      else return poison{};
    }
  }

 private:
  template <unsigned Mask, class X>
  static constexpr auto without(const X& x) {
    using R = detail::squeezed<shape_t<X>, Mask>;
    return detail::reshape_leaf<shape_of<R>>(x, R::apply(detail::expression_of(x).shape().values()));
  }
};
inline constexpr squeeze_fn squeeze{};

/// x with a new axis of extent 1 at the given place.
///   like   torch.unsqueeze
struct unsqueeze_fn {
  template <class X, int A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A>) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr int r = shape_t<X>::rank;
      constexpr bool fits = A >= -r - 1 && A <= r;
      expect<fits, axes_do_not_fit<op::name<"unsqueeze">, axis_list<A>, shape_t<X>>>();
      if constexpr (!fits) {
        return poison{};
      } else {
        using R = detail::unsqueezed<shape_t<X>, (A < 0 ? A + r + 1 : A)>;
        return detail::reshape_leaf<shape_of<R>>(x, R::apply(detail::expression_of(x).shape().values()));
      }
    }
  }
};
inline constexpr unsqueeze_fn unsqueeze{};

}  // namespace tessera
