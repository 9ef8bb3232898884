// SPDX-License-Identifier: BSL-1.0
#pragma once
// A statement's program as data, run backwards on whole tensors: the gradient of a statement as a graph of its own. One
// erased rule for each operation and element type; nothing here depends on the statement.

#include <tessera/autograd/symbols.hpp>

#include <span>
#include <vector>

namespace tessera::autograd {

/// One step of a program: which values it reads, and its operation on recorded values.
template <Element T>
struct replay_step {
  using in = const any_variable<T>* const*;
  struct parts {
    any_variable<T> part[3];
    bool present[3] = {};
  };
  int arity;
  int inputs[3];
  any_variable<T> (*value)(in x);
  void (*derivative)(const any_variable<T>& g, in x, const any_variable<T>& y, parts& to);
};

namespace detail {

template <class Op, Element T, int Arity>
struct erased_rule {
  using in = typename replay_step<T>::in;
  [[nodiscard]] static any_variable<T> value(in x) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) { return apply(op::pointwise<Op>{}, *x[K]...); }(std::make_index_sequence<Arity>{});
  }
  static void derivative(const any_variable<T>& g, in x, const any_variable<T>& y, typename replay_step<T>::parts& to) {
    if constexpr (Op::differentiable)
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto parts = Op::derivative(g, *x[K]..., y);
        (keep<static_cast<int>(K)>(parts, to), ...);
      }(std::make_index_sequence<Arity>{});
  }

 private:
  template <int K, class Parts>
  static void keep(const Parts& parts, typename replay_step<T>::parts& to) {
    const auto put = [&](const auto& part) {
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(part)>, no_gradient>) {
        to.part[K] = part;
        to.present[K] = true;
      }
    };
    if constexpr (std::same_as<Parts, any_variable<T>>) put(parts);
    else if constexpr (!std::same_as<Parts, no_gradient>) put(parts.template get<K>());
  }
};

template <Element T, class S>
struct replay_step_of;
template <Element T, class Op, int... In>
struct replay_step_of<T, step<Op, In...>> {
  static constexpr replay_step<T> value{sizeof...(In), {In...}, &erased_rule<Op, T, sizeof...(In)>::value, &erased_rule<Op, T, sizeof...(In)>::derivative};
};

}  // namespace detail

/// Runs `steps` forwards over values[0 .. sources), then backwards from `seed`; gives the adjoint of each source, without
/// elements of shape [] where none arrives. `read` says which values the derivatives read: the others are not computed.
template <Element T>
[[nodiscard]] std::vector<any_variable<T>> replay(std::vector<any_variable<T>> values, std::span<const replay_step<T>> steps, const bool* read,
                                                  const any_variable<T>& result, const any_variable<T>& seed) {
  const std::size_t sources = values.size();
  const auto gather = [&](const replay_step<T>& s, const any_variable<T>** in) {
    for (int k = 0; k < s.arity; ++k) in[k] = &values[static_cast<std::size_t>(s.inputs[k])];
  };
  values.reserve(sources + steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const any_variable<T>* in[3];
    gather(steps[i], in);
    if (i + 1 == steps.size()) values.push_back(result);
    else values.push_back(read[sources + i] ? steps[i].value(in) : any_variable<T>());
  }
  std::vector<any_variable<T>> adjoints(values.size());
  std::vector<bool> present(values.size());
  adjoints.back() = seed;
  present.back() = true;
  for (std::size_t i = steps.size(); i-- > 0;) {
    const std::size_t at = sources + i;
    if (!present[at]) continue;
    const any_variable<T>* in[3];
    gather(steps[i], in);
    typename replay_step<T>::parts parts;
    steps[i].derivative(adjoints[at], in, values[at], parts);
    for (int k = 0; k < steps[i].arity; ++k) {
      if (!parts.present[k]) continue;
      const std::size_t to = static_cast<std::size_t>(steps[i].inputs[k]);
      adjoints[to] = present[to] ? adjoints[to] + parts.part[k] : parts.part[k];
      present[to] = true;
    }
  }
  adjoints.resize(sources);
  return adjoints;
}

}  // namespace tessera::autograd
