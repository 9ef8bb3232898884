// SPDX-License-Identifier: BSL-1.0
#pragma once
// A statement's program as data, run backwards on whole tensors: the gradient of a statement as a graph of its own.
// Nothing here depends on the statement.

#include <tessera/autograd/rule.hpp>

#include <span>
#include <vector>

namespace tessera::autograd {

/// One step of a program: its operation and which values it reads.
template <Element T>
struct replay_step {
  const rule<T>* op;
  int inputs[max_arity];

  void gather(const std::vector<any_variable<T>>& values, any_variable<T>* x) const {
    for (int k = 0; k < op->arity; ++k) x[k] = values[static_cast<std::size_t>(inputs[k])];
  }
};

namespace detail {
template <Element T, class Step>
struct replay_step_of;
template <Element T, class Op, int... In>
struct replay_step_of<T, step<Op, In...>> {
  static constexpr replay_step<T> value{&autograd::rule_of<Op, T, sizeof...(In)>, {In...}};
};
}  // namespace detail

/// Runs `steps` forwards over the sources, then backwards from `seed`; gives the adjoint of each source, or a value without
/// elements where none arrives. `read` says which values the derivatives read: the others are not computed.
template <Element T>
[[nodiscard]] TESSERA_COLD std::vector<any_variable<T>> replay(std::vector<any_variable<T>> values, std::span<const replay_step<T>> steps, const bool* read,
                                                  const any_variable<T>& result, const any_variable<T>& seed) {
  const std::size_t sources = values.size();
  any_variable<T> x[max_arity];
  for (const replay_step<T>& s : steps) {
    const std::size_t at = values.size();
    s.gather(values, x);
    if (at + 1 == sources + steps.size()) values.push_back(result);
    else values.push_back(read[at] ? apply_rule(*s.op, x) : any_variable<T>());
  }
  std::vector<any_variable<T>> adjoints(values.size());
  std::vector<bool> present(values.size());
  adjoints.back() = seed;
  present.back() = true;
  for (std::size_t at = values.size(); at-- > sources;) {
    if (!present[at]) continue;
    const replay_step<T>& s = steps[at - sources];
    s.gather(values, x);
    rule_parts<T> parts;
    s.op->derivative(adjoints[at], x, values[at], parts);
    for (int k = 0; k < s.op->arity; ++k) {
      if (!parts.present[k]) continue;
      const std::size_t to = static_cast<std::size_t>(s.inputs[k]);
      adjoints[to] = present[to] ? adjoints[to] + parts.part[k] : parts.part[k];
      present[to] = true;
    }
  }
  adjoints.resize(sources);
  return adjoints;
}

}  // namespace tessera::autograd
