// SPDX-License-Identifier: BSL-1.0
#pragma once
// slice and select: parts of a tensor, for reading as an index map and for writing through a proxy that cannot be kept.

#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/movement/restride.hpp>
#include <tessera/op/movement/view.hpp>

namespace tessera {

// A diagnosis: the compiler names it where a slice has more indices than its operand has axes, or a range leaves its axis.
template <class Shape, class... Index>
struct indices_do_not_fit {};

/// The whole of an axis, as : is in Python.
struct full_extent_t {};
inline constexpr full_extent_t full_extent{};

/// Elements Begin to End of an axis, every Step-th, known to the compiler; negative bounds count from the end.
template <extent Begin, extent End, extent Step = 1>
struct range_t {
  static_assert(Step > 0, "tessera::range: the step is at least 1");
};
template <extent Begin, extent End, extent Step = 1>
inline constexpr range_t<Begin, End, Step> range{};

/// The same with run-time bounds: the extent of the result is dyn. Bounds beyond the axis are clipped, as in Python.
struct range_of {
  extent begin;
  extent end;
  extent step = 1;
};

namespace detail {

// What an index does to its axis: the extent that is left (or none), the first element and the step.
struct picked {
  extent count = 0, begin = 0, step = 1;
  bool removes = false, fits = true;
};
[[nodiscard]] constexpr picked pick_range(extent n, extent begin, extent end, extent step) {
  if (!is_known(n)) return {dyn, begin, step};
  const auto clip = [n](extent i) { return i < 0 ? (i + n < 0 ? 0 : i + n) : (i > n ? n : i); };
  begin = clip(begin);
  end = clip(end);
  return {end > begin ? (end - begin + step - 1) / step : 0, begin, step};
}

template <class Index>
struct index_rule;
template <>
struct index_rule<full_extent_t> {
  static constexpr picked pattern(extent n) { return {n}; }
  static constexpr picked actual(extent n, full_extent_t) { return {n}; }
};
template <extent B, extent E, extent S>
struct index_rule<range_t<B, E, S>> {
  static constexpr picked pattern(extent n) { return pick_range(n, B, E, S); }
  static constexpr picked actual(extent n, range_t<B, E, S>) { return pick_range(n, B, E, S); }
};
template <>
struct index_rule<range_of> {
  static constexpr picked pattern(extent) { return {dyn}; }
  static constexpr picked actual(extent n, range_of r) {
    if (r.step < 1) raise<value_error>({"tessera::slice: the step ", r.step, " is below 1"});
    return pick_range(n, r.begin, r.end, r.step);
  }
};
template <std::integral I>
struct index_rule<I> {
  static constexpr picked pattern(extent) { return {0, 0, 1, true}; }
  static constexpr picked actual(extent n, I i) {
    const extent at = static_cast<extent>(i) < 0 ? static_cast<extent>(i) + n : static_cast<extent>(i);
    return {0, at, 1, true, at >= 0 && at < n};
  }
};

template <Shape S, class... Index>
struct sliced {
  static constexpr bool fits = sizeof...(Index) <= S::rank;
  static constexpr extents pattern = [] {
    extents out;
    if (fits) {
      int axis = 0;
      (
          [&] {
            const picked p = index_rule<Index>::pattern(S::pattern[axis++]);
            if (!p.removes) out.push_back(p.count);
          }(),
          ...);
      for (; axis < S::rank; ++axis) out.push_back(S::pattern[axis]);
    }
    return out;
  }();
  // Does the last axis of the result move by one element of the operand?
  static constexpr bool unit = [] {
    picked last{};
    int axis = 0;
    ((last = index_rule<Index>::pattern(axis < S::rank ? S::pattern[axis] : 0), ++axis), ...);
    return axis < S::rank || (!last.removes && last.step == 1 && !(false || ... || std::same_as<Index, range_of>));
  }();
};

// The strides of a part of a row-major S, where the type knows them.
template <Shape S, class... Index>
struct sliced_map {
  static constexpr extents values = [] {
    extents out;
    int axis = 0;
    [[maybe_unused]] const extents strides = row_major(S::pattern);
    (
        [&] {
          const picked p = index_rule<Index>::pattern(S::pattern[axis]);
          if (!p.removes) out.push_back(p.step * strides[axis]);
          ++axis;
        }(),
        ...);
    for (; axis < S::rank; ++axis) out.push_back(strides[axis]);
    return out;
  }();
};

struct part_map {
  extents shape, strides;
  extent offset = 0;
};
template <class... Index>
[[nodiscard]] constexpr part_map map_part(const extents& shape, const extents& strides, const Index&... index) {
  part_map m;
  int axis = 0;
  const auto one = [&](const picked& p) {
    if (!p.fits)
      raise<index_error>({"tessera::slice: index ", p.begin, " is out of range for axis ", axis, " of shape ", shape});
    m.offset += p.begin * strides[axis];
    if (!p.removes) {
      m.shape.push_back(p.count);
      m.strides.push_back(strides[axis] * p.step);
    }
    ++axis;
  };
  (one(index_rule<Index>::actual(shape[axis], index)), ...);
  for (; axis < shape.rank; ++axis) {
    m.shape.push_back(shape[axis]);
    m.strides.push_back(strides[axis]);
  }
  return m;
}

}  // namespace detail

/// A part of a tensor that can be written: slice(a, 0) = 1. It is used where it is made and cannot be copied.
template <class Tensor, Shape S, bool Unit>
class part {
 public:
  part(Tensor& owner, detail::part_map map) : owner_(owner), map_(map), seen_(owner.lazy()) {}
  part(const part&) = delete;
  void operator=(const part& other) && { write(other); }

  /// Writes an expression that broadcasts to the part, or a number.
  ///   error  compile time: shapes_do_not_fit_in_assignment; run time: shape_error
  template <class X>
    requires(Operand<X> || Scalar<X>)
  void operator=(const X& x) && {
    write(x);
  }
  template <class X>
  void operator+=(const X& x) && { update([&](const auto& own) { return own + x; }); }
  template <class X>
  void operator-=(const X& x) && { update([&](const auto& own) { return own - x; }); }
  template <class X>
  void operator*=(const X& x) && { update([&](const auto& own) { return own * x; }); }
  template <class X>
  void operator/=(const X& x) && { update([&](const auto& own) { return own / x; }); }

  /// What the part shows: the elements as they were when it was taken.
  [[nodiscard]] auto lazy() const { return detail::restrided<Unit>(seen_, S::from(map_.shape), map_.strides, map_.offset); }

 private:
  template <class F>
  void update(const F& f) {
    const auto value = [&] {  // what is read is let go before the first element is written
      const auto e = f(lazy());
      return tensor<typename decltype(e)::element, typename decltype(e)::shape_type>(e);
    }();
    write(value);
  }
  template <class X>
  void write(const X& x) {
    using T = typename Tensor::element;
    if constexpr (Scalar<X>) {
      assign(constant<T>{static_cast<T>(x)});
    } else {
      using E = expression_t<X>;
      constexpr auto both = rule::broadcast(S::pattern, E::shape_type::pattern);
      constexpr bool fits = both.has_value() && both->rank == S::rank;
      expect<fits, shapes_do_not_fit_in_assignment<S, typename E::shape_type>>();
      if constexpr (fits) {
        // The value is complete before the first element is written, whatever it reads.
        const tensor<typename E::element, typename E::shape_type> value(x);
        extents joined = map_.shape;
        rule::join_values("slice", joined, value.shape().values(), E::shape_type::pattern);
        assign(value.lazy());
      }
    }
  }
  template <class E>
  void assign(const E& e) {
    seen_.hold = {};  // or the owner would make itself a copy to write to
    owner_.template assign_part<S>(e, map_.shape, map_.strides, map_.offset);
  }

  Tensor& owner_;
  detail::part_map map_;
  decltype(std::declval<const Tensor&>().lazy()) seen_;
};

/// A part of x: for each axis full_extent, range<1, 4>, range_of{b, e} or an index, which removes the axis; axes that are not
/// named are whole. Of a tensor that can be written the result can be assigned to.
///   error  compile time: indices_do_not_fit; run time: index_error naming the axis
///   grad   dy placed into zeros
///   cost   none: an index map
///   like   torch.Tensor.__getitem__ with ints and slices
struct slice_fn {
  template <class X, class... Index>
    requires(sizeof...(Index) > 0)
  [[nodiscard]] constexpr auto operator()(X&& x, const Index&... index) const {
    using Plain = std::remove_cvref_t<X>;
    if constexpr (is_poison<Plain>) {
      return poison{};
    } else {
      using R = detail::sliced<shape_t<Plain>, Index...>;
      expect<R::fits, indices_do_not_fit<shape_t<Plain>, Index...>>();
      if constexpr (!R::fits) {
        return poison{};
      } else if constexpr (requires { x.mutable_data(); } && std::is_lvalue_reference_v<X> && !std::is_const_v<std::remove_reference_t<X>>) {
        const extents all = x.shape().values();
        return part<Plain, shape_of<R>, R::unit>(x, detail::map_part(all, row_major(all), index...));
      } else if constexpr (StaticOperand<Plain> && shape_of<R>::is_static) {
        using S = shape_t<Plain>;
        return detail::moved<shape_of<R>, detail::sliced_map<S, Index...>>(x, detail::map_part(S::pattern, row_major(S::pattern), index...).offset);
      } else {
        const auto l = detail::as_leaf(x);
        const detail::part_map m = detail::map_part(l.shape().values(), l.strides(), index...);
        return detail::restrided<R::unit && detail::source_of<std::remove_cvref_t<decltype(l)>>::unit_inner>(l, shape_of<R>::from(m.shape), m.strides, m.offset);
      }
    }
  }
};
inline constexpr slice_fn slice{};

/// x at one index of an axis, which is removed: select(x, axis<1>, 3).
///   like   torch.select
struct select_fn {
  template <class X, int A>
  [[nodiscard]] constexpr auto operator()(const X& x, axis_list<A>, extent index) const {
    if constexpr (is_poison<X>) {
      return poison{};
    } else {
      constexpr int r = shape_t<X>::rank, at = A < 0 ? A + r : A;
      constexpr bool fits = at >= 0 && at < r;
      expect<fits, axes_do_not_fit<op::name<"select">, axis_list<A>, shape_t<X>>>();
      if constexpr (!fits) return poison{};
      else
        return [&]<int... I>(std::integer_sequence<int, I...>) {
          [[maybe_unused]] const auto whole = [](int) { return full_extent; };
          return slice(x, whole(I)..., index);
        }(std::make_integer_sequence<int, at>{});
    }
  }
};
inline constexpr select_fn select{};

}  // namespace tessera
