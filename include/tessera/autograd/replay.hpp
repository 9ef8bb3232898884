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

/// Runs `steps` forwards over the sources, whose values come first in `values`, then backwards from `seed`; gives the adjoint of
/// each value, one without elements where none arrives. `read` says which values the derivatives read: the others are not computed.
template <Element T>
[[nodiscard]] TESSERA_COLD std::vector<any_variable<T>> replay(std::vector<any_variable<T>> values, std::span<const replay_step<T>> steps, const bool* read,
                                                  const any_variable<T>& result, const any_variable<T>& seed) {
  const std::size_t sources = values.size() - steps.size();
  any_variable<T> x[max_arity];
  for (std::size_t at = sources; at + 1 < values.size(); ++at) {
    const replay_step<T>& s = steps[at - sources];
    s.gather(values, x);
    if (read[at]) values[at] = apply_rule(*s.op, x);
  }
  values.back() = result;
  std::vector<any_variable<T>> adjoints(values.size());
  adjoints.back() = seed;
  for (std::size_t at = values.size(); at-- > sources;) {
    if (!adjoints[at].value.hold) continue;
    const replay_step<T>& s = steps[at - sources];
    s.gather(values, x);
    rule_parts<T> parts;
    s.op->derivative(adjoints[at], x, values[at], parts);
    for (int k = 0; k < s.op->arity; ++k) {
      if (!parts.present[k]) continue;
      any_variable<T>& to = adjoints[static_cast<std::size_t>(s.inputs[k])];
      to = to.value.hold ? to + parts.part[k] : parts.part[k];
    }
  }
  return adjoints;
}

}  // namespace tessera::autograd
