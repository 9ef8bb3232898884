// SPDX-License-Identifier: BSL-1.0
#pragma once
// The flat program that an expression lowers to: sources that are loaded, then steps of single assignment. Kernels are
// instantiated on it and on nothing else; every extent is a run-time argument.

#include <tessera/core/config.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace tessera {

/// How the innermost loop reads a source: one after the other, always the same element, or with any other stride.
enum class access : unsigned char { unit, splat, strided };

/// Something a program loads: elements of type E, read in the given way; Tracked if a gradient may be asked of it.
template <class E, access Kind, bool Tracked>
struct source {
  using element = E;
  static constexpr access kind = Kind;
  static constexpr bool tracked = Tracked;
};

/// What a derivative reads besides the incoming one: nothing, the operands, or only the result.
enum class needs : unsigned char { nothing, operands, result };

/// The part of a derivative that belongs to an operand with no gradient.
struct no_gradient {};

/// The derivatives of an operation of several operands, in their order.
template <class A, class B, class C = no_gradient>
struct cotangents {
  A first;
  B second;
  C third{};
  template <int I>
  [[nodiscard]] TESSERA_FN constexpr const auto& get() const {
    if constexpr (I == 0) return first;
    else if constexpr (I == 1) return second;
    else return third;
  }
};
template <class A, class B>
TESSERA_FN cotangents(A, B) -> cotangents<A, B>;
template <class A, class B, class C>
TESSERA_FN cotangents(A, B, C) -> cotangents<A, B, C>;

/// Adds part K of a derivative to an adjoint, or makes it the adjoint.
template <int K, bool Assigns, class Parts, class V>
TESSERA_INLINE constexpr void add_part([[maybe_unused]] const Parts& parts, [[maybe_unused]] V& to) {
  if constexpr (std::is_same_v<Parts, no_gradient>) {
    return;
  } else if constexpr (!std::is_same_v<Parts, V>) {
    add_part<0, Assigns>(parts.template get<K>(), to);
  } else {
    if constexpr (Assigns) to = parts;
    else to = to + parts;
  }
}

/// One operation on earlier values, by their numbers.
template <class Op, int... In>
struct step {
  using op = Op;
  static constexpr int arity = sizeof...(In);
  static constexpr std::array<int, sizeof...(In)> inputs{In...};

  // What programs do at a step is here and not there: many programs have the same steps.
  /// Computes value number Value, if it is wanted.
  template <int Value, bool Wanted, class V>
  TESSERA_INLINE static constexpr void forward([[maybe_unused]] V* v) {
    if constexpr (Wanted) v[Value] = Op::value(v[In]...);
  }
  /// Adds what a[Value] contributes to the derivatives of the operands. Bit k of Assigns: operand k has none yet.
  template <int Value, bool Wanted, unsigned Assigns, class V>
  TESSERA_INLINE static constexpr void reverse([[maybe_unused]] const V* v, [[maybe_unused]] V* a) {
    if constexpr (Wanted) add_parts<Assigns>(Op::derivative(a[Value], v[In]..., v[Value]), a, std::make_integer_sequence<int, arity>{});
  }

 private:
  template <unsigned Assigns, class Parts, class V, int... K>
  TESSERA_INLINE static constexpr void add_parts(const Parts& parts, V* a, std::integer_sequence<int, K...>) { (add_part<K, (Assigns >> K & 1U) != 0>(parts, a[In]), ...); }
};

template <class... Types>
struct type_list {};

namespace detail {
template <class... Lists>
struct joined {
  using type = type_list<>;
};
template <class... A>
struct joined<type_list<A...>> {
  using type = type_list<A...>;
};
template <class... A, class... B, class... Rest>
struct joined<type_list<A...>, type_list<B...>, Rest...> : joined<type_list<A..., B...>, Rest...> {};
}  // namespace detail

template <class T, class Sources, class Steps>
struct program;

/// Values 0 .. sources - 1 are loaded, the rest computed in order; the last is the result. T is the type of every lane.
template <class T, class... Source, class... Step>
struct program<T, type_list<Source...>, type_list<Step...>> {
  using lane_type = T;
  static constexpr int sources = sizeof...(Source);
  static constexpr int steps = sizeof...(Step);
  static constexpr int values = sources + steps;
  static constexpr bool tracked[sources + 1] = {Source::tracked..., false};
  static constexpr std::size_t element_sizes[sources + 1] = {sizeof(typename Source::element)..., 0};
  static constexpr access kinds[sources + 1] = {Source::kind..., access::unit};
  static constexpr bool of_lane_type[sources + 1] = {std::is_same_v<typename Source::element, T>..., true};
  static constexpr bool generated[sources + 1] = {requires { typename Source::element::generated_tag; }..., false};

  /// Is every step an instruction or two, and every source read as it is?
  static constexpr bool is_light = (true && ... && (std::is_same_v<typename Source::element, T> && Source::kind != access::strided)) && (true && ... && requires { Step::op::is_light; });

  /// Calls f.template operator()<Source, index>() for every source, in order.
  template <class F>
  TESSERA_INLINE static constexpr void for_each_source(F&& f) {
    call_each(f, std::make_integer_sequence<int, sources>{});
  }

  /// Computes the steps: v[0 .. sources) is loaded already. ForReverse leaves out what the reverse sweep does not read.
  template <bool ForReverse = false, class V>
  TESSERA_INLINE static constexpr void forward(V* v) {
    forward_steps<ForReverse>(v, std::make_integer_sequence<int, steps>{});
  }

  /// From a[values - 1], the derivative of the result, computes a[i], the derivative of every value i it depends on.
  template <class V>
  TESSERA_INLINE static constexpr void reverse(const V* v, V* a) {
    for (int i = 0; i < values - 1; ++i) a[i] = V(T(0));
    reverse_steps(v, a, std::make_integer_sequence<int, steps>{});
  }

  /// Does a gradient of the result reach value i?
  static constexpr auto reached = [] {
    std::array<bool, values + 1> reach{};
    reach[values - 1] = true;
    constexpr std::array<const int*, steps + 1> operands_of{Step::inputs.data()..., nullptr};
    constexpr int arity[] = {Step::arity..., 0};
    constexpr bool differentiable[] = {Step::op::differentiable..., false};
    for (int s = steps - 1; s >= 0; --s)
      if (reach[static_cast<std::size_t>(sources + s)] && differentiable[s])
        for (int k = 0; k < arity[s]; ++k) reach[static_cast<std::size_t>(operands_of[static_cast<std::size_t>(s)][k])] = true;
    return reach;
  }();

  /// Is the adjoint of value i computed? It is where a gradient reaches it on the way to a source that may ask for one.
  static constexpr auto active = [] {
    std::array<bool, values + 1> depends{};
    int number = 0;
    ((depends[static_cast<std::size_t>(number)] = Source::tracked && reached[static_cast<std::size_t>(number)], ++number), ...);
    (
        [&] {
          for (int in : Step::inputs) depends[static_cast<std::size_t>(number)] = depends[static_cast<std::size_t>(number)] || depends[static_cast<std::size_t>(in)];
          depends[static_cast<std::size_t>(number)] = depends[static_cast<std::size_t>(number)] && reached[static_cast<std::size_t>(number)];
          ++number;
        }(),
        ...);
    return depends;
  }();

  /// Does the reverse sweep read value i? What it does not read need not be kept, nor computed again.
  static constexpr auto read_in_reverse = [] {
    std::array<bool, values + 1> read{};
    [[maybe_unused]] constexpr needs wants[] = {Step::op::reads..., needs::nothing};
    [[maybe_unused]] int number = sources;
    (
        [&] {
          if (active[static_cast<std::size_t>(number)] && wants[number - sources] == needs::operands)
            for (int in : Step::inputs) read[static_cast<std::size_t>(in)] = true;
          if (active[static_cast<std::size_t>(number)] && wants[number - sources] == needs::result && number != values - 1) read[static_cast<std::size_t>(number)] = true;
          ++number;
        }(),
        ...);
    // To compute a value again, its operands are read.
    constexpr std::array<const int*, steps + 1> operands_of{Step::inputs.data()..., nullptr};
    constexpr int arity[] = {Step::arity..., 0};
    for (int s = steps - 1; s >= 0; --s)
      if (read[static_cast<std::size_t>(sources + s)])
        for (int k = 0; k < arity[s]; ++k) read[static_cast<std::size_t>(operands_of[static_cast<std::size_t>(s)][k])] = true;
    return read;
  }();

  /// The same as constants for code that must not call a function for them.
  template <int I>
  static constexpr bool is_read_in_reverse = read_in_reverse[I];
  template <int I>
  static constexpr bool is_active = active[I];

  /// Is the result kept for the reverse sweep? So it is where the derivative of the last step is a function of it.
  static constexpr bool keeps_result = [] {
    constexpr needs wants[] = {needs::nothing, Step::op::reads...};
    return wants[steps] == needs::result;
  }();

 private:
  TESSERA_CALLS_ANYTHING
  template <class F, int... I>
  TESSERA_INLINE static constexpr void call_each(F& f, std::integer_sequence<int, I...>) {
    (f.template operator()<Source, I>(), ...);
  }
  template <bool ForReverse, class V, int... I>
  TESSERA_INLINE static constexpr void forward_steps([[maybe_unused]] V* v, std::integer_sequence<int, I...>) {
    (Step::template forward<sources + I, !ForReverse || is_read_in_reverse<sources + I>>(v), ...);
  }
  template <class V, int... I>
  TESSERA_INLINE static constexpr void reverse_steps([[maybe_unused]] const V* v, [[maybe_unused]] V* a, std::integer_sequence<int, I...>) {
    // A fold over assignment runs from right to left: the last step comes first.
    [[maybe_unused]] int last = 0;
    if constexpr (steps > 0) ((Step::template reverse<sources + I, is_active<sources + I>, assigns<I>>(v, a), last) = ... = 0);
  }

  // Bit k: operand k of the step is the first, in reverse order, to reach its value. Then it assigns.
  static constexpr unsigned assigned_by(int of) {
    constexpr std::array<const int*, steps + 1> operands_of{Step::inputs.data()..., nullptr};
    constexpr int arity[] = {Step::arity..., 0};
    unsigned first = 0;
    bool seen[values + 1] = {};
    for (int s = steps - 1; s >= of; --s)
      for (int k = 0; k < arity[s]; ++k) {
        bool& reached_before = seen[operands_of[static_cast<std::size_t>(s)][k]];
        if (s == of && !reached_before) first |= 1U << k;
        reached_before = true;
      }
    return first;
  }
  template <int I>
  static constexpr unsigned assigns = assigned_by(I);
};

}  // namespace tessera
