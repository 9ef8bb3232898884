// SPDX-License-Identifier: BSL-1.0
#pragma once
// create_graph: gradients that can be differentiated again. A unit that includes this compiles the recorded rules of all operations whose
// gradients it can ask for, and of all that these consist of; others save the time and the memory.

#include <tessera/autograd/variable.hpp>

namespace tessera {

struct create_graph_t {};
/// Records the backward pass, so that gradients can be differentiated again. A leaf then holds a gradient that was computed
/// from it: as in PyTorch that keeps the graph alive until zero_grad(), or is avoided with grad(y, x, create_graph).
///   error  autograd_error where an operation ran in a file that does not include this header, and in none that does
inline constexpr create_graph_t create_graph{};

}  // namespace tessera
