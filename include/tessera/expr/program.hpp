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

/// One operation on earlier values, by their numbers.
template <class Op, int... In>
struct step {
  using op = Op;
  static constexpr int arity = sizeof...(In);
  static constexpr std::array<int, sizeof...(In)> inputs{In...};
  /// The number of the value that operand K is, as a constant for code that must not call a function for it.
  template <std::size_t K>
  static constexpr int input = inputs[K];
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
    call_each<0, Source...>(f, std::index_sequence_for<Source...>{});
  }
  /// Calls f.template operator()<Step, value number>() for every step, in order.
  template <class F>
  TESSERA_INLINE static constexpr void for_each_step(F&& f) {
    call_each<sources, Step...>(f, std::index_sequence_for<Step...>{});
  }

  /// Computes the steps: v[0 .. sources) is loaded already. ForReverse leaves out what the reverse sweep does not read.
  template <bool ForReverse = false, class V>
  TESSERA_INLINE static constexpr void forward(V* v) {
    for_each_step([&]<class S, int Value>() {
      if constexpr (!ForReverse || is_read_in_reverse<Value>)
        [&]<std::size_t... K>(std::index_sequence<K...>) {
          v[Value] = S::op::value(v[S::template input<K>]...);
        }(std::make_index_sequence<S::arity>{});
    });
  }

  /// From a[values - 1], the derivative of the result, computes a[i], the derivative of every value i it depends on.
  template <class V>
  TESSERA_INLINE static constexpr void reverse(const V* v, V* a) {
    for (int i = 0; i < values - 1; ++i) a[i] = V(T(0));
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] int last = 0;
      // A fold over assignment runs from right to left: the last step comes first.
      if constexpr (steps > 0) ((reverse_step<Step, sources + static_cast<int>(I)>(v, a), last) = ... = 0);
    }(std::index_sequence_for<Step...>{});
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
  template <int First, class... Each, class F, std::size_t... I>
  TESSERA_INLINE static constexpr void call_each(F& f, std::index_sequence<I...>) {
    (f.template operator()<Each, First + static_cast<int>(I)>(), ...);
  }

  // Is operand k of the step that computes `value` the first, in reverse order, to reach value `in`? Then it assigns.
  static constexpr bool is_first(int value, int k, int in) {
    bool first = true;
    [[maybe_unused]] int number = sources;
    (
        [&] {
          for (int j = 0; j < Step::arity; ++j)
            if (Step::inputs[static_cast<std::size_t>(j)] == in && (number > value || (number == value && j < k))) first = false;
          ++number;
        }(),
        ...);
    return first;
  }

  template <int Value, int K, int In>
  static constexpr bool assigns = is_first(Value, K, In);

  template <class S, int Value, class V>
  TESSERA_INLINE static constexpr void reverse_step(const V* v, V* a) {
    if constexpr (is_active<Value>)
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto parts = S::op::derivative(a[Value], v[S::template input<K>]..., v[Value]);
        (add_part<Value, static_cast<int>(K), S::template input<K>>(parts, a), ...);
      }(std::make_index_sequence<S::arity>{});
  }

  template <int Value, int K, int In, class Parts, class V>
  TESSERA_INLINE static constexpr void add_part(const Parts& parts, V* a) {
    const auto add = [&](const auto& part) {
      if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(part)>, no_gradient>) {
        if constexpr (assigns<Value, K, In>) a[In] = part;
        else a[In] = a[In] + part;
      }
    };
    if constexpr (std::is_same_v<Parts, V>) add(parts);
    else if constexpr (!std::is_same_v<Parts, no_gradient>) add(parts.template get<K>());
  }
};

}  // namespace tessera
