// SPDX-License-Identifier: BSL-1.0
#pragma once
// What structured operations on arrays are made of: loops over index maps that the type knows. Reading through a map and
// adding through it are all of movement, broadcasting and summing, and each is the other's gradient.

#include <tessera/op/fuse.hpp>

namespace tessera {
namespace detail {

/// The elements of an inline operand as an array of T.
template <Element T, InlineOperand X>
[[nodiscard]] constexpr decltype(auto) array_of(const X& x) {
  using A = array<T, shape_t<X>>;
  if constexpr (std::same_as<X, A>) {
    return (x);
  } else if constexpr (std::same_as<T, element_t<X>>) {
    return A(x);
  } else {
    A out;
    const array<element_t<X>, shape_t<X>> from(x);
    std::transform(from.begin(), from.end(), out.begin(), [](auto value) { return static_cast<T>(value); });
    return out;
  }
}

/// The number part of a value that a graph may know: itself, where none does.
template <InlineOperand X>
[[nodiscard]] constexpr const X& plain_value(const X& x) {
  return x;
}

/// The strides of a row-major shape.
template <class S>
struct dense_map {
  static constexpr extents values = row_major(S::pattern);
};
/// The strides of the result of a reduction over the space it reduces: 0 along the axes in the mask.
template <class Space, unsigned Mask>
struct reduced_map {
  static constexpr extents values = [] {
    extents strides = Space::pattern;
    extent step = 1;
    for (int i = Space::rank - 1; i >= 0; --i) {
      const bool reduced = (Mask >> i & 1U) != 0;
      strides[i] = reduced ? 0 : step;
      if (!reduced) step *= Space::pattern[i];
    }
    return strides;
  }();
};

/// Calls f with the offsets of every index of S in two maps, in row-major order.
template <class S, class A, class B, int Axis = 0, class F>
TESSERA_INLINE constexpr void for_each_pair(const F& f, extent a, extent b) {
  if constexpr (Axis == S::rank) {
    f(a, b);
  } else {
    for (extent i = 0; i < S::pattern.at[Axis]; ++i) for_each_pair<S, A, B, Axis + 1>(f, a + i * A::values.at[Axis], b + i * B::values.at[Axis]);
  }
}

/// Adds N elements to others, at run time in registers.
template <extent N, Element T>
constexpr void add_elements(T* to, const T* part) {
  using V = backend::fitting_register<T, N>;
  constexpr extent W = backend::width<V>, whole = N / W * W;
  const auto add = [&](extent i) { to[i] = static_cast<T>(to[i] + part[i]); };
  if (std::is_constant_evaluated()) {
    for (extent i = 0; i < N; ++i) add(i);
    return;
  }
  for (extent i = 0; i < whole; i += W) backend::store_lanes(to + i, V(backend::load<V>(to + i) + backend::load<V>(part + i)));
  if constexpr (whole < N)  // the bounds in the type: g++ warns of a loop that it finds never runs
    for (extent i = whole; i < N; ++i) add(i);
}

/// The elements of x that a map over S reaches from an offset.
template <Shape S, class Map, Element T, Shape From>
[[nodiscard]] constexpr array<T, S> read_map(const array<T, From>& x, extent offset = 0) {
  array<T, S> y = array<T, S>::uninitialized();
  for_each_pair<S, dense_map<S>, Map>([&](extent to, extent from) { y.data()[to] = x.data()[from]; }, 0, offset);
  return y;
}
/// x added into zeros of shape Base through a map, which may reach an element more than once.
template <Shape Base, class Map, Element T, Shape From>
[[nodiscard]] constexpr array<T, Base> add_map(const array<T, From>& x, extent offset = 0) {
  array<T, Base> y;
  for_each_pair<From, dense_map<From>, Map>([&](extent from, extent to) { y.data()[to] = static_cast<T>(y.data()[to] + x.data()[from]); }, 0, offset);
  return y;
}

/// The sum of all elements; at run time in registers.
template <Element T, Shape S>
[[nodiscard]] constexpr T sum_of(const array<T, S>& x) {
  T total = T(0);
  if (std::is_constant_evaluated()) {
    for (T value : x) total = static_cast<T>(total + value);
  } else if constexpr (S::static_size > 0) {
    using V = backend::fitting_register<T, S::static_size>;
    V sum(T(0));
    backend::for_lanes<V>(S::static_size, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { sum = V(sum + backend::load_part<V>(x.data() + j, lanes, T(0))); });
    total = backend::sum_of_lanes(sum);
  }
  return total;
}

/// The sum of an array over the axes in Mask, as an array of shape To.
template <Shape To, unsigned Mask, Element T, Shape S>
[[nodiscard]] constexpr array<T, To> sum_over(const array<T, S>& x) {
  if constexpr (To::static_size == 1 && S::static_size != 0) return array<T, To>(To{}, sum_of(x));
  else return add_map<To, reduced_map<S, Mask>>(x);
}

/// Elements in place, seen through strides: what rules of structured operations are given on the static path.
template <Element T, Shape S, class Map = dense_map<S>>
struct array_ref {
  const T* data;
  [[nodiscard]] constexpr S shape() const { return {}; }
};
template <Element T, Shape S>
[[nodiscard]] constexpr array_ref<T, S> ref(const array<T, S>& x) {
  return {x.data()};
}

}  // namespace detail

/// x summed to a static shape that broadcasts to its own: x itself where the shapes are equal.
template <Element T, Shape S, extent... E>
[[nodiscard]] constexpr array<T, shape<E...>> sum_to(const array<T, S>& x, shape<E...>) {
  if constexpr (std::same_as<S, shape<E...>>) return x;
  else return detail::add_map<shape<E...>, detail::stretched_strides<shape<E...>, S>>(x);
}

}  // namespace tessera
