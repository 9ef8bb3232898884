// SPDX-License-Identifier: BSL-1.0
#pragma once
// pad: elements added around a tensor, or taken away from its ends.

#include <tessera/op/movement/restride.hpp>

#include <algorithm>
#include <concepts>

namespace tessera {

// A diagnosis: the compiler names it where pads are no pairs, are more than a tensor has axes, or add more than their mode can
// take from the tensor.
template <class Shape, class Pads, class Mode>
struct pads_do_not_fit {};

/// How many elements are added before and behind an axis, a pair for each axis and the last axis first: pads<1, 2>, pads<1, 1, 2, 2>,
/// or pads{left, right} with numbers known only at run time, where negative ones take elements away.
template <extent... Counts>
struct pads {
  static constexpr int count = sizeof...(Counts);
  static constexpr bool is_known = (true && ... && tessera::is_known(Counts));
  static_assert(is_known || (true && ... && (Counts == dyn)), "tessera::pads: the numbers are all known to the compiler, and at least 0, or all given when the program runs");
  extent counts[count == 0 ? 1 : count] = {Counts...};

  constexpr pads()
    requires is_known
  = default;
  template <std::integral... N>
    requires(sizeof...(N) == sizeof...(Counts) && sizeof...(N) > 0 && !is_known)
  constexpr explicit pads(N... n) : counts{static_cast<extent>(n)...} {}
};
template <std::integral... N>
pads(N...) -> pads<(static_cast<void>(sizeof(N)), dyn)...>;

/// What is added: zeros.
struct zero_padding {};
/// What is added: a number.
struct constant_padding {
  double value = 0;
};
/// What is added: the elements seen in a mirror that stands on the last one, c b | a b c | b a.
struct reflect_padding {};
/// What is added: the last element again, a a | a b c | c c.
struct replicate_padding {};
/// What is added: the elements of the other end, b c | a b c | a b.
struct circular_padding {};

/// What pad adds.
template <class M>
concept PadMode = std::same_as<M, zero_padding> || std::same_as<M, constant_padding> || std::same_as<M, reflect_padding> || std::same_as<M, replicate_padding> ||
                  std::same_as<M, circular_padding>;

namespace op {

/// What a padding's elements are.
enum class pad_source : unsigned char { number, mirror, last, other_end };

/// How many elements come before and behind each axis of x, and what they are. Those that are negative take elements away first.
struct pad_steps {
  extents before, behind;
  pad_source source;

  /// Of axis i: what is added, and what is left of n elements.
  [[nodiscard]] constexpr extent left(int i) const { return std::max<extent>(0, before[i]); }
  [[nodiscard]] constexpr extent right(int i) const { return std::max<extent>(0, behind[i]); }
  [[nodiscard]] static constexpr extent kept(extent n, extent before, extent behind) { return n + std::min<extent>(0, before) + std::min<extent>(0, behind); }

  /// Can n elements give what is added to them?
  [[nodiscard]] static constexpr bool fits(pad_source source, extent n, extent before, extent behind) {
    const extent left = kept(n, before, behind), most = std::max(before, behind);
    if (source == pad_source::number) return n + before + behind >= 0 && left >= 0;
    return left >= 0 && (most <= 0 || (source == pad_source::mirror ? most < left : source == pad_source::last ? left > 0 : most <= left));
  }
  /// The shape of the result.
  ///   error  shape_error that names the shape and the axis
  [[nodiscard]] TESSERA_COLD_ONCE extents padded_shape(const extents& x) const {
    extents y = x;
    for (int i = 0; i < x.rank; ++i) {
      if (!fits(source, x[i], before[i], behind[i])) {
        constexpr const char* needs[] = {"no fewer elements than are taken away", "more elements than a mirror adds on a side", "an element to repeat", "as many elements as a side gets from the other end"};
        raise<shape_error>({"tessera::pad: a tensor of shape ", x, " with ", before[i], " elements before and ", behind[i], " behind axis ", i, " has to have ", needs[static_cast<int>(source)], " there"});
      }
      y[i] += before[i] + behind[i];
    }
    return y;
  }

  /// What is left of x in x, and where that is in y: the first element of each.
  [[nodiscard]] extent start_in_x(const extents& strides) const {
    extent at = 0;
    for (int i = 0; i < strides.rank; ++i) at += std::max<extent>(0, -before[i]) * strides[i];
    return at;
  }
  [[nodiscard]] extent start_in_y(const extents& strides) const {
    extent at = 0;
    for (int i = 0; i < strides.rank; ++i) at += left(i) * strides[i];
    return at;
  }
  [[nodiscard]] extents kept_shape(const extents& x) const {
    extents shape = x;
    for (int i = 0; i < x.rank; ++i) shape[i] = kept(x[i], before[i], behind[i]);
    return shape;
  }

  /// Where the elements of a side are in a row-major y, and which elements of y they repeat.
  struct side {
    extents shape, from_strides;
    extent from, to;
  };
  /// Calls f(side) for each side of axis i. The sides of axes before it are whole and those behind it are still to come.
  template <class F>
  void for_each_side(int i, const extents& x, const extents& y, const extents& strides, const F& f) const {
    side s{y, strides, 0, 0};
    for (int j = i + 1; j < y.rank; ++j) {
      s.shape[j] = kept(x[j], before[j], behind[j]);
      s.from += left(j) * strides[j];
    }
    const extent start = s.from, step = strides[i], first = left(i), n = kept(x[i], before[i], behind[i]);
    const auto run = [&](extent count, extent from, extent to, extent direction) {
      if (count == 0) return;
      s.shape[i] = count;
      s.from = start + from * step;
      s.to = start + to * step;
      s.from_strides[i] = direction * step;
      f(s);
    };
    const extent end = first + n;  // one beyond the last that is kept
    switch (source) {
      case pad_source::number: return;
      case pad_source::mirror: return run(first, 2 * first, 0, -1), run(right(i), end - 2, end, -1);
      case pad_source::last: return run(first, first, 0, 0), run(right(i), end - 1, end, 0);
      case pad_source::other_end: return run(first, n, 0, 1), run(right(i), first, end, 1);
    }
  }
};

struct pad;

/// The adjoint of pad: what was added goes back to the elements that it came from.
struct pad_gradient {
  static constexpr const char* name = "pad_gradient";
  static constexpr bool keeps = false, keeps_result = false;
  pad_steps steps;
  extents shape;  // of x

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& dy) const {
    any_tensor<T> own = steps.source == pad_source::number ? dy : dy.copy();
    if (own.size() != 0)
      for (int i = shape.rank - 1; i >= 0; --i)
        steps.for_each_side(i, shape, own.shape, own.strides, [&](const pad_steps::side& s) {
          tessera::detail::add_through<T>({own.hold, s.shape, own.strides, own.offset + s.to}, own.mutable_data() + s.from, s.from_strides);
        });
    const any_tensor<T> left{own.hold, steps.kept_shape(shape), own.strides, own.offset + steps.start_in_y(own.strides)};
    if (left.shape == shape) return left;
    any_tensor<T> dx = any_tensor<T>::filled(shape, T(0));
    left.copy_to(dx.mutable_data() + steps.start_in_x(dx.strides), dx.strides);
    return dx;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V&, const V&) const;
};

/// x with elements around it.
struct pad {
  static constexpr const char* name = "pad";
  static constexpr bool keeps = false, keeps_result = false;
  pad_steps steps;
  double number = 0;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    const extents shape = steps.padded_shape(x.shape);
    if (steps.before == extents::filled(x.shape.rank, 0) && steps.behind == steps.before) return x;
    any_tensor<T> y = steps.source == pad_source::number ? any_tensor<T>::filled(shape, static_cast<T>(number)) : any_tensor<T>::uninitialized(shape);
    if (y.size() == 0) return y;
    const any_tensor<T> left{x.hold, steps.kept_shape(x.shape), x.strides, x.offset + steps.start_in_x(x.strides)};
    left.copy_to(y.mutable_data() + steps.start_in_y(y.strides), y.strides);
    for (int i = 0; i < shape.rank; ++i)
      steps.for_each_side(i, x.shape, shape, y.strides, [&](const pad_steps::side& s) {
        backend::copy_strided<T>(s.shape, y.data() + s.from, s.from_strides, y.mutable_data() + s.to, y.strides);
      });
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(pad_gradient{steps, x.shape()}, g); }, no_gradient{}};
  }
};

template <class V>
auto pad_gradient::vjp(const V& h, const V&, const V&) const {
  return cotangents{[&] { return apply(pad{steps}, h); }, no_gradient{}};
}

}  // namespace op

namespace detail {

template <PadMode M>
inline constexpr op::pad_source pad_source_of = std::same_as<M, reflect_padding>     ? op::pad_source::mirror
                                                : std::same_as<M, replicate_padding> ? op::pad_source::last
                                                : std::same_as<M, circular_padding>  ? op::pad_source::other_end
                                                                                     : op::pad_source::number;

/// Numbers of pads at their axes.
template <extent... N>
[[nodiscard]] constexpr op::pad_steps pads_at_axes(const pads<N...>& by, int rank, op::pad_source source) {
  op::pad_steps steps{extents::filled(rank, 0), extents::filled(rank, 0), source};
  for (int k = 0; k + 1 < by.count; k += 2) {
    steps.before[rank - 1 - k / 2] = by.counts[k];
    steps.behind[rank - 1 - k / 2] = by.counts[k + 1];
  }
  return steps;
}

/// The shape of a padded tensor as far as the compiler knows it.
template <class X, class P, class M>
struct padded {
  static constexpr bool pairs = P::count % 2 == 0 && P::count / 2 <= X::rank;
  static constexpr int first = X::rank - P::count / 2;  // the first axis that is padded
  static constexpr bool fits = [] {
    if constexpr (pairs && P::is_known) {
      const op::pad_steps steps = pads_at_axes(P(), X::rank, pad_source_of<M>);
      for (int i = first; i < X::rank; ++i)
        if (is_known(X::pattern[i]) && !op::pad_steps::fits(steps.source, X::pattern[i], steps.before[i], steps.behind[i])) return false;
    }
    return pairs;
  }();
  static constexpr extents pattern = [] {
    extents y = X::pattern;
    for (int i = first; fits && i < X::rank; ++i) {
      if constexpr (P::is_known) {
        const op::pad_steps steps = pads_at_axes(P(), X::rank, pad_source_of<M>);
        const extent more = steps.before[i] + steps.behind[i];
        if (more != 0) y[i] = is_known(y[i]) ? y[i] + more : dyn;
      } else {
        y[i] = dyn;
      }
    }
    return y;
  }();
};

}  // namespace detail

/// x with elements around it: pad(x, pads<1, 1>{}) adds a zero before and one behind the last axis, pad(x, pads{l, r, t, b},
/// reflect_padding{}) to the last two axes what a mirror shows. The modes: zero_padding, constant_padding{1.5}, reflect_padding,
/// replicate_padding, circular_padding. Negative pads, which only run time knows, take elements away before others are added.
///   shape  the axes that have pads grow by both of them
///   error  compile time: pads_do_not_fit; run time: shape_error where a mirror adds as much as there is, or the other end gives more than it has
///   grad   dy, where x lies in it, and to each element what was made of it; any order
///   cost   a copy, and one for each side
///   like   torch.nn.functional.pad, which mirrors, repeats and wraps around only some axes of some ranks
struct pad_fn {
  template <class X, extent... N, PadMode M = zero_padding>
  [[nodiscard]] auto operator()(const X& x, const pads<N...>& by, [[maybe_unused]] const M& mode = {}) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      using R = detail::padded<shape_t<X>, pads<N...>, M>;
      if constexpr (!R::fits) {
        static_cast<typename pads_do_not_fit<shape_t<X>, pads<N...>, M>::error*>(nullptr);
        return poison{};
      } else {
        op::pad how{detail::pads_at_axes(by, shape_t<X>::rank, detail::pad_source_of<M>)};
        if constexpr (std::same_as<M, constant_padding>) how.number = mode.value;
        return structured<shape_of<R>, element_t<X>>(how, x);
      }
    }
  }
};
inline constexpr pad_fn pad{};

}  // namespace tessera
