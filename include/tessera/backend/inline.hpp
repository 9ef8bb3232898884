// SPDX-License-Identifier: BSL-1.0
#pragma once
// Loops over small spaces that the type knows: no plan, no slots, no calls. At compile time they run on numbers, at run time
// on the widest registers that a row fills.

#include <tessera/backend/rows.hpp>
#include <tessera/expr/inline_leaf.hpp>

#include <type_traits>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

namespace isa {

#if TESSERA_USE_XSIMD
template <class T, extent N, int W>
struct fitting_register {
  using sized = xsimd::make_sized_batch_t<T, static_cast<std::size_t>(W)>;
  static constexpr bool fits = W <= N && !std::is_void_v<sized>;
  using type = typename std::conditional_t<fits, std::type_identity<sized>, fitting_register<T, N, W / 2>>::type;
};
template <class T, extent N>
struct fitting_register<T, N, 1> {
  using type = T;
};
#else
template <class T, extent N, int W>
struct fitting_register {
  using type = T;
};
#endif

}  // namespace isa

/// The widest register that a row of N elements fills; one number where there is none.
template <class T, extent N>
using fitting_register = typename isa::fitting_register<T, N, width<simd_register<T>>>::type;

/// `lanes` elements, each converted; a register beyond them repeats the last.
template <class V, class E>
[[nodiscard]] TESSERA_INLINE constexpr V load_some(const E* from, [[maybe_unused]] int lanes) {
  using T = lane_t<V>;
  if constexpr (width<V> == 1) {
    return static_cast<T>(*from);
  } else {
    if (lanes == width<V>) return load<V>(from);
    T x[static_cast<std::size_t>(width<V>)];
    for (int i = 0; i < width<V>; ++i) x[i] = static_cast<T>(from[i < lanes ? i : lanes - 1]);
    return load<V>(x);
  }
}
template <class R, class V>
TESSERA_INLINE constexpr void store_some(R* to, const V& value, [[maybe_unused]] int lanes) {
  if constexpr (width<V> == 1) {
    *to = static_cast<R>(value);
  } else {
    if (lanes == width<V>) return store_lanes(to, value);
    R x[static_cast<std::size_t>(width<V>)];
    store_lanes(x, value);
    for (int i = 0; i < lanes; ++i) to[i] = x[i];
  }
}

/// Calls body.operator()<V>(row index, number of the row's first element, offset in the row, lanes) over a static space.
/// Flat: the whole space is one row.
template <class Space, bool Flat, class T, class Body>
constexpr void for_static_rows(Body&& body) {
  constexpr extent n = Flat || Space::rank == 0 ? Space::static_size : Space::pattern.back();
  constexpr extent rows = Space::static_size == 0 ? 0 : Space::static_size / (n == 0 ? 1 : n);
  extents at = extents::filled(Space::rank, 0);
  for (extent row = 0; row < rows; ++row) {
    if (std::is_constant_evaluated()) {
      for (extent j = 0; j < n; ++j) body.template operator()<T>(at, row * n, j, 1);
    } else {
      for_lanes<fitting_register<T, n>>(n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { body.template operator()<fitting_register<T, n>>(at, row * n, j, lanes); });
    }
    for (int axis = Space::rank - 2; axis >= 0 && ++at[axis] == Space::pattern[axis]; --axis) at[axis] = 0;
  }
}

/// Where a row-major operand of shape S is read for a row of the space, and whether it moves along the row.
template <class S, class Space, bool Flat>
struct static_access {
  static constexpr extents strides = tessera::detail::stretched_strides<S, Space>::values;
  static constexpr bool splat = Flat ? S::static_size == 1 && Space::static_size != 1 : Space::rank == 0 || strides[Space::rank == 0 ? 0 : Space::rank - 1] == 0;
  [[nodiscard]] static constexpr extent offset(const extents& at) {
    extent from = 0;
    if constexpr (!Flat)
      for (int i = 0; i + 1 < Space::rank; ++i) from += at[i] * strides[i];
    return from;
  }
};

/// `lanes` values of an inline expression, in a row of the space.
template <class V, class Space, bool Flat, class X>
[[nodiscard]] TESSERA_INLINE constexpr V inline_lanes(const X& x, const extents& at, extent j, int lanes) {
  if constexpr (is_map<X>) {
    return x.operands.apply([&](const auto&... operand) TESSERA_INLINE_LAMBDA { return V(X::op::value(inline_lanes<V, Space, Flat>(operand, at, j, lanes)...)); });
  } else if constexpr (X::shape_type::rank == 0) {
    return V(static_cast<lane_t<V>>(*x.data()));
  } else {
    using access = static_access<typename X::shape_type, Space, Flat>;
    const auto* from = x.data() + access::offset(at);
    if constexpr (access::splat) return V(static_cast<lane_t<V>>(*from));
    else return load_some<V>(from + j, lanes);
  }
}

/// Writes the elements of an inline expression, row by row.
template <class E, class R>
constexpr void evaluate_inline(const E& e, R* out) {
  using S = typename E::shape_type;
  constexpr bool flat = is_flat<E>;
  for_static_rows<S, flat, lane_type_t<E>>([&]<class V>(const extents& at, extent row, extent j, int lanes) TESSERA_INLINE_LAMBDA {
    store_some(out + row + j, inline_lanes<V, S, flat>(e, at, j, lanes), lanes);
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
