// SPDX-License-Identifier: BSL-1.0
#pragma once
// Tensors whose elements follow from their place: arange, linspace and eye.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/tensor/tensor.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace tessera {

// A diagnosis: the compiler names it where steps do not lead from the begin to the end.
template <class T, auto Begin, auto End, auto Step>
struct arange_step_does_not_lead_to_the_end {};

namespace detail {

template <class T, class Otherwise>
using or_else = std::conditional_t<std::is_void_v<T>, Otherwise, T>;

template <class T>
concept Countable = Element<T> && !std::same_as<T, bool>;

/// Is the value, without its fraction where T is integral, a number of T? Infinities and NaN fit where T has them.
template <class T, Scalar V>
[[nodiscard]] constexpr bool fits_in(V value) {
  using limits = std::numeric_limits<T>;
  if constexpr (std::same_as<T, bool> || std::same_as<V, bool>) {
    return true;
  } else if constexpr (std::is_integral_v<T> && std::is_integral_v<V>) {
    return static_cast<V>(static_cast<T>(value)) == value && (static_cast<T>(value) < 0) == (value < 0);
  } else if constexpr (std::is_integral_v<T>) {
    constexpr auto least = static_cast<double>(limits::min()), half = static_cast<double>(limits::max() / 2 + 1);
    const auto x = static_cast<double>(value);
    return (x >= least || x > least - 1) && x < 2 * half;  // the maximum of int64 itself is no double
  } else {
    const auto x = static_cast<double>(value);
    return !(x - x == 0) || (x >= static_cast<double>(limits::lowest()) && x <= static_cast<double>(limits::max()));
  }
}

/// The value as T. Integers lose a fraction, as in PyTorch, but nothing wraps around.
template <class T, Scalar V>
[[nodiscard]] T fitted(const char* operation, V value) {
  if (!fits_in<T>(value)) raise<value_error>({"tessera::", operation, ": ", value, " does not fit in ", name_of(dtype_of<T>)});
  return static_cast<T>(value);
}

/// A number of elements.
[[nodiscard]] inline extent counted(const char* operation, extent n) {
  if (n < 0) raise<value_error>({"tessera::", operation, ": ", n, " elements are asked for"});
  return n;
}

/// How many numbers there are from begin to before end. Nothing where the step is 0, leads away from the end or is not finite.
template <class T, Scalar Begin, Scalar End, Scalar Step>
[[nodiscard]] constexpr std::optional<extent> arange_size(Begin begin, End end, Step step) {
  if constexpr (std::is_integral_v<Begin> && std::is_integral_v<End> && std::is_integral_v<Step>) {
    const auto a = static_cast<std::int64_t>(begin), b = static_cast<std::int64_t>(end), s = static_cast<std::int64_t>(step);
    if (s == 0 || (s > 0 ? b < a : b > a)) return std::nullopt;
    // Unsigned, because the distance of two numbers may be no number.
    const auto distance = s > 0 ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
    const auto stride = s > 0 ? static_cast<std::uint64_t>(s) : 0 - static_cast<std::uint64_t>(s);
    return static_cast<extent>(distance / stride + (distance % stride != 0 ? 1 : 0));
  } else {
    const auto a = static_cast<double>(begin), b = static_cast<double>(end), s = static_cast<double>(step);
    if (std::is_integral_v<T> && s > -1 && s < 1) return std::nullopt;
    const double steps = (b - a) / s;
    if (!(steps >= 0 && steps < 0x1p62)) return std::nullopt;
    const auto whole = static_cast<extent>(steps);
    return whole + (static_cast<double>(whole) < steps ? 1 : 0);
  }
}

/// first + step * i: rounded once, whatever instruction set the program is built for, and exact where only step * i overflows.
template <class N>
[[nodiscard]] N nth(N first, N step, extent i) {
  using U = std::uint64_t;
  if constexpr (std::is_integral_v<N>) return static_cast<N>(static_cast<U>(first) + static_cast<U>(step) * static_cast<U>(i));
  else return std::fma(step, static_cast<N>(i), first);
}

/// begin, begin + step, ...: each computed from its place, so that errors do not add up.
template <class T, Scalar Begin, Scalar Step>
void fill_range(T* out, extent n, Begin begin, Step step) {
  using N = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
  if (n == 0) return;
  const N first = fitted<N>("arange", begin), by = fitted<N>("arange", step);
  static_cast<void>(fitted<T>("arange", first));
  static_cast<void>(fitted<T>("arange", nth(first, by, n - 1)));
  for (extent i = 0; i < n; ++i) out[i] = static_cast<T>(nth(first, by, i));
}

template <class T, Scalar Start, Scalar End>
void fill_linspace(T* out, extent n, Start start, End end) {
  using N = std::conditional_t<std::is_integral_v<T>, double, T>;
  const T first = fitted<T>("linspace", start), last = fitted<T>("linspace", end);
  if (n == 1) out[0] = first;
  if (n < 2) return;
  // From both ends, as PyTorch does: the last number is exactly `end`.
  const N from = static_cast<N>(first), to = static_cast<N>(last), step = (to - from) / static_cast<N>(n - 1);
  for (extent i = 0; i < n; ++i) out[i] = static_cast<T>(i < n / 2 ? nth(from, step, i) : nth(to, -step, n - 1 - i));
}

template <class T, Shape S>
[[nodiscard]] tensor<T, S> identity(S shape) {
  return tensor<T, S>::made(shape, [&](T* out) {
    const extent rows = shape[0], columns = shape[1];
    std::fill_n(out, shape.size(), T(0));
    for (extent i = 0; i < rows && i < columns; ++i) out[i * columns + i] = T(1);
  });
}

}  // namespace detail

/// begin, begin + step, ... up to before end, with a size known at run time. Without a T, int64 for integers and float
/// for the rest.
///   shape  [ceil((end - begin) / step)]
///   error  value_error where the step is 0 or leads away from the end, or T does not hold every number
///   like   torch.arange
template <class T = void, Scalar Begin, Scalar End, Scalar Step = int>
[[nodiscard]] auto arange(Begin begin, End end, Step step = 1) {
  using E = detail::or_else<T, std::conditional_t<std::is_integral_v<decltype(begin + end + step)>, std::int64_t, float>>;
  static_assert(detail::Countable<E>, "tessera::arange: not an element type that counts");
  const std::optional<extent> n = detail::arange_size<E>(begin, end, step);
  if (!n) raise<value_error>({"tessera::arange: steps of ", step, " do not lead from ", begin, " to ", end});
  return tensor<E, shape<dyn>>::made(shape<dyn>{*n}, [&](E* to) { detail::fill_range(to, *n, begin, step); });
}
/// 0, 1, ... up to before end.
template <class T = void, Scalar End>
[[nodiscard]] auto arange(End end) {
  return arange<T>(0, end, 1);
}
/// The same with a size that the type knows: arange<int, 0, 10, 2>() has shape<5>.
///   error  compile time: arange_step_does_not_lead_to_the_end; value_error where T does not hold every number
template <Element T, auto Begin, auto End, auto Step = 1>
  requires(detail::Countable<T> && Scalar<decltype(Begin)> && Scalar<decltype(End)> && Scalar<decltype(Step)>)
[[nodiscard]] auto arange() {
  constexpr std::optional<extent> n = detail::arange_size<T>(Begin, End, Step);
  expect<n.has_value(), arange_step_does_not_lead_to_the_end<T, Begin, End, Step>>();
  if constexpr (!n) {
    return poison{};
  } else {
    return tensor<T, shape<*n>>::made({}, [&](T* to) { detail::fill_range(to, *n, Begin, Step); });
  }
}
/// 0, 1, ... up to before End.
template <Element T, auto End>
[[nodiscard]] auto arange() {
  return arange<T, 0, End>();
}

/// n numbers at equal distances from start to end, both included.
///   error  value_error where n is negative or T holds not both ends
///   like   torch.linspace
template <detail::Countable T = float, Scalar Start, Scalar End>
[[nodiscard]] tensor<T, shape<dyn>> linspace(Start start, End end, extent n) {
  return tensor<T, shape<dyn>>::made(shape<dyn>{detail::counted("linspace", n)}, [&](T* to) { detail::fill_linspace(to, n, start, end); });
}
template <detail::Countable T, extent N, Scalar Start, Scalar End>
  requires(N >= 0)
[[nodiscard]] tensor<T, shape<N>> linspace(Start start, End end) {
  return tensor<T, shape<N>>::made({}, [&](T* to) { detail::fill_linspace(to, N, start, end); });
}

/// Ones on the diagonal, zeros elsewhere: eye<float, 3>(), eye<float, 3, 4>().
///   like   torch.eye
template <Element T, extent N, extent M = N>
  requires(N >= 0 && M >= 0)
[[nodiscard]] tensor<T, shape<N, M>> eye() {
  return detail::identity<T>(shape<N, M>{});
}
/// The same with sizes known at run time.
///   error  value_error where one is negative
template <Element T = float>
[[nodiscard]] tensor<T, shape<dyn, dyn>> eye(extent n, extent m) {
  return detail::identity<T>(shape<dyn, dyn>{detail::counted("eye", n), detail::counted("eye", m)});
}
template <Element T = float>
[[nodiscard]] tensor<T, shape<dyn, dyn>> eye(extent n) {
  return eye<T>(n, n);
}

}  // namespace tessera
