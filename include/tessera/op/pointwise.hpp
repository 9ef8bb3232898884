// SPDX-License-Identifier: BSL-1.0
#pragma once
// An elementwise operation as a structured one, on tensors of run-time shape: what recorded gradients are made of.

#include <tessera/op/movement/restride.hpp>

#include <array>

namespace tessera::op {

/// Op on the broadcast of its operands. Its own gradient is the rule of Op once more.
template <class Op>
struct pointwise {
  static constexpr const char* name = Op::name;
  static constexpr bool keeps = Op::reads == needs::operands;
  static constexpr bool keeps_result = Op::reads == needs::result;
  static constexpr bool differentiable = Op::differentiable;

  template <class T, class... Rest>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x, const Rest&... rest) const {
    constexpr int arity = 1 + sizeof...(Rest);
    using P = program_on<T, std::make_integer_sequence<int, arity>>;
    const std::array<const any_tensor<T>*, arity> all{&x, &rest...};
    extents space;
    for (const any_tensor<T>* a : all) space = *rule::broadcast(space, a->shape);
    any_tensor<T> y = any_tensor<T>::uninitialized(space);
    if (y.size() == 0) return y;
    backend::operand operands[arity + 1];
    for (int k = 0; k < arity; ++k) {
      const any_tensor<T>& a = *all[static_cast<std::size_t>(k)];
      operands[k] = {a.data(), sizeof(T), {}};
      backend::stretch(a.shape, a.strides, space, operands[k].stride);
    }
    operands[arity] = {y.mutable_data(), sizeof(T), {}};
    backend::stretch(space, y.strides, space, operands[arity].stride);
    backend::run(backend::pick<backend::map_rows<P, T>, T>(), backend::make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, arity + 1), nullptr, true);
    return y;
  }

  template <class V, class... Rest>
  [[nodiscard]] auto vjp(const V& g, const V& x, const Rest&... rest) const {
    return parts(Op::derivative(g, x, rest...), x, rest...);
  }

 private:
  template <class T, int>
  using strided = source<T, access::strided, false>;
  template <class T, class Indices>
  struct program_for;
  template <class T, int... I>
  struct program_for<T, std::integer_sequence<int, I...>> {
    using type = program<T, type_list<strided<T, I>...>, type_list<step<Op, I...>>>;
  };
  template <class T, class Indices>
  using program_on = typename program_for<T, Indices>::type;

  // A cotangent has the broadcast shape: it is summed to that of the operand.
  template <class V>
  [[nodiscard]] static auto summed(const V& part, const V& x) {
    return [part, x] { return sum_to(part, x.shape()); };
  }
  template <class V>
  [[nodiscard]] static no_gradient summed(const no_gradient&, const V&) {
    return {};
  }
  template <class V, class X>
  [[nodiscard]] static auto parts(const V& c, const X& x, const X&) {
    if constexpr (std::same_as<V, no_gradient>) return no_gradient{};
    else return cotangents{summed(c, x), no_gradient{}};
  }
  template <class A, class B, class C, class X>
  [[nodiscard]] static auto parts(const cotangents<A, B, C>& c, const X& x, const X& y, const X&) {
    return cotangents{summed(c.first, x), summed(c.second, y)};
  }
  template <class X>
  [[nodiscard]] static auto parts(no_gradient, const X&, const X&, const X&) {
    return no_gradient{};
  }
  template <class A, class B, class C, class X>
  [[nodiscard]] static auto parts(const cotangents<A, B, C>& c, const X& x, const X& y, const X& z, const X&) {
    return cotangents{summed(c.first, x), summed(c.second, y), summed(c.third, z)};
  }
};

}  // namespace tessera::op
