// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a recorded backward pass runs, in programs that have one. A statement and a structured operation have two rules: the plain one, and the
// recorded one, which is made of operations with rules of their own. A recorded rule is reached through a slot, which a unit fills when the program
// starts if it can ask for such a pass: if it includes <tessera/autograd/create_graph.hpp>. Others do not even compile it.

#include <tessera/autograd/node.hpp>

#include <type_traits>

namespace tessera {

struct create_graph_t;  // complete in units that can ask for a recorded pass

namespace autograd {

namespace detail {

// Where a library holds what no shape enters, its recorded rules are there for everybody.
template <class Rule, class Function>
[[nodiscard]] consteval Function recorded_at_first() {
  if constexpr (TESSERA_INSTANTIATED != 0) return Rule::run;
  else return nullptr;
}

/// The recorded rule Rule::run, or null where no unit of the program can ask for it.
template <class Rule, class Function>
inline Function recorded_slot = recorded_at_first<Rule, Function>();

namespace {
template <class Rule>
const bool is_recorded = [] {
  recorded_slot<Rule, std::remove_const_t<decltype(Rule::run)>> = Rule::run;
  return true;
}();
/// Compiles Rule::run, and makes the program fill its slot when it starts, if this unit can ask for it and finds the slot empty.
template <class Rule, class Option = create_graph_t>
void compile_recorded() noexcept {
  if constexpr (TESSERA_INSTANTIATED == 0 && requires { sizeof(Option); }) static_cast<void>(&is_recorded<Rule>);
}
}  // namespace

}  // namespace detail

[[noreturn]] TESSERA_COLD_ONCE void refuse_unrecorded(const char* name) {
  raise<autograd_error>({"tessera::backward: create_graph needs the recorded rule of ", name, ", which this program lacks; include <tessera/autograd/create_graph.hpp> "
                         "in the file that computes it"});
}

}  // namespace autograd
}  // namespace tessera
