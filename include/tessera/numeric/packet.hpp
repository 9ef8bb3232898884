// SPDX-License-Identifier: BSL-1.0
#pragma once
// Some numbers side by side, as one thread of a GPU loads them at once. It answers to the vocabulary of lanes, so the text of
// every rule runs on it; a compiler for a processor sees plain loops.

#include <tessera/numeric/lane.hpp>

#if TESSERA_RUNS_ITEMS

#include <type_traits>

namespace tessera {

/// N numbers that are loaded and stored together.
template <class T, int N>
struct alignas(sizeof(T) * N) packet {
  using value_type = T;
  static constexpr int size = N;

  T lane[N];

  packet() = default;
  TESSERA_FN constexpr explicit packet(T x) noexcept {
    for (T& each : lane) each = x;
  }
};

template <class X>
inline constexpr bool is_packet = false;
template <class T, int N>
inline constexpr bool is_packet<packet<T, N>> = true;
/// Is X a packet of numbers?
template <class X>
concept Packet = is_packet<X>;

namespace detail {
/// f of the lanes, one by one.
template <class R, int N, class F, class... X>
[[nodiscard]] TESSERA_FN constexpr packet<R, N> each_lane(F f, const X&... x) noexcept {
  packet<R, N> y;
  for (int i = 0; i < N; ++i) y.lane[i] = f(x.lane[i]...);
  return y;
}
struct packet_sum {
  template <class T>
  TESSERA_FN constexpr T operator()(T a, T b) const noexcept { return static_cast<T>(a + b); }
};
struct packet_difference {
  template <class T>
  TESSERA_FN constexpr T operator()(T a, T b) const noexcept { return static_cast<T>(a - b); }
};
struct packet_product {
  template <class T>
  TESSERA_FN constexpr T operator()(T a, T b) const noexcept { return static_cast<T>(a * b); }
};
struct packet_quotient {
  template <class T>
  TESSERA_FN constexpr T operator()(T a, T b) const noexcept { return static_cast<T>(a / b); }
};
struct packet_negative {
  template <class T>
  TESSERA_FN constexpr T operator()(T a) const noexcept { return static_cast<T>(-a); }
};
struct packet_equal {
  template <class T>
  TESSERA_FN constexpr bool operator()(T a, T b) const noexcept { return a == b; }
};
struct packet_less {
  template <class T>
  TESSERA_FN constexpr bool operator()(T a, T b) const noexcept { return a < b; }
};
struct packet_at_most {
  template <class T>
  TESSERA_FN constexpr bool operator()(T a, T b) const noexcept { return a <= b; }
};
struct packet_not {
  TESSERA_FN constexpr bool operator()(bool a) const noexcept { return !a; }
};
struct packet_and {
  TESSERA_FN constexpr bool operator()(bool a, bool b) const noexcept { return a && b; }
};
struct packet_or {
  TESSERA_FN constexpr bool operator()(bool a, bool b) const noexcept { return a || b; }
};
}  // namespace detail

template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> operator+(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<T, N>(detail::packet_sum{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> operator-(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<T, N>(detail::packet_difference{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> operator*(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<T, N>(detail::packet_product{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> operator/(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<T, N>(detail::packet_quotient{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> operator-(const packet<T, N>& a) noexcept { return detail::each_lane<T, N>(detail::packet_negative{}, a); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator==(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<bool, N>(detail::packet_equal{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator!=(const packet<T, N>& a, const packet<T, N>& b) noexcept { return !(a == b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator<(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<bool, N>(detail::packet_less{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator>(const packet<T, N>& a, const packet<T, N>& b) noexcept { return b < a; }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator<=(const packet<T, N>& a, const packet<T, N>& b) noexcept { return detail::each_lane<bool, N>(detail::packet_at_most{}, a, b); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator>=(const packet<T, N>& a, const packet<T, N>& b) noexcept { return b <= a; }
template <int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator!(const packet<bool, N>& a) noexcept { return detail::each_lane<bool, N>(detail::packet_not{}, a); }
template <int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator&(const packet<bool, N>& a, const packet<bool, N>& b) noexcept { return detail::each_lane<bool, N>(detail::packet_and{}, a, b); }
template <int N>
[[nodiscard]] TESSERA_FN constexpr packet<bool, N> operator|(const packet<bool, N>& a, const packet<bool, N>& b) noexcept { return detail::each_lane<bool, N>(detail::packet_or{}, a, b); }

namespace lane {

template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X constant(double c) noexcept { return X(static_cast<typename X::value_type>(c)); }
template <class T, int N>
[[nodiscard]] TESSERA_FN constexpr packet<T, N> select(const packet<bool, N>& condition, const packet<T, N>& a, const packet<T, N>& b) noexcept {
  packet<T, N> y;
  for (int i = 0; i < N; ++i) y.lane[i] = condition.lane[i] ? a.lane[i] : b.lane[i];
  return y;
}

namespace detail {
template <function F>
struct on_number {
  template <class T>
  TESSERA_FN constexpr T operator()(T x) const noexcept {
    if constexpr (F == function::exp) return lane::exp(x);
    else if constexpr (F == function::log) return lane::log(x);
    else if constexpr (F == function::log1p) return lane::log1p(x);
    else if constexpr (F == function::sqrt) return lane::sqrt(x);
    else if constexpr (F == function::sin) return lane::sin(x);
    else if constexpr (F == function::cos) return lane::cos(x);
    else if constexpr (F == function::tanh) return lane::tanh(x);
    else if constexpr (F == function::erf) return lane::erf(x);
    else return lane::abs(x);
  }
  template <class T>
  TESSERA_FN constexpr T operator()(T a, T b) const noexcept {
    if constexpr (F == function::pow) return lane::pow(a, b);
    else if constexpr (F == function::maximum) return lane::maximum(a, b);
    else return lane::minimum(a, b);
  }
};
template <function F, Packet X, class... Y>
[[nodiscard]] TESSERA_FN constexpr X apply(const X& x, const Y&... y) noexcept {
  return tessera::detail::each_lane<typename X::value_type, X::size>(on_number<F>{}, x, y...);
}
}  // namespace detail

template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X exp(const X& x) noexcept { return detail::apply<function::exp>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X log(const X& x) noexcept { return detail::apply<function::log>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X log1p(const X& x) noexcept { return detail::apply<function::log1p>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X sqrt(const X& x) noexcept { return detail::apply<function::sqrt>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X sin(const X& x) noexcept { return detail::apply<function::sin>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X cos(const X& x) noexcept { return detail::apply<function::cos>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X tanh(const X& x) noexcept { return detail::apply<function::tanh>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X erf(const X& x) noexcept { return detail::apply<function::erf>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X abs(const X& x) noexcept { return detail::apply<function::abs>(x); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X pow(const X& x, const X& y) noexcept { return detail::apply<function::pow>(x, y); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X maximum(const X& a, const X& b) noexcept { return detail::apply<function::maximum>(a, b); }
template <Packet X>
[[nodiscard]] TESSERA_FN constexpr X minimum(const X& a, const X& b) noexcept { return detail::apply<function::minimum>(a, b); }

}  // namespace lane
}  // namespace tessera

#endif  // TESSERA_RUNS_ITEMS
