// SPDX-License-Identifier: BSL-1.0
#pragma once
// The loop over an iteration space, found once for each evaluation: axes of one element dropped, neighbours merged where
// every operand allows it. Two axes are left to the kernel; the driver walks the others. Nothing here is a template.

#include <tessera/shape/rules.hpp>

#include <cstddef>

namespace tessera::backend {

/// What a kernel reads or writes: where it starts and how far, in elements, one step along each axis of the space goes.
struct operand {
  const void* data;
  extent element_size;
  extent stride[max_rank];
  bool is_number;  // it is no tensor's memory but a number, or a generated source, of the processor
};

using rule::stretch;

/// A loop nest over at most max_rank axes for `count` operands.
struct plan {
  int rank = 0;
  extent n[max_rank] = {};
  int count = 0;
  operand* operands = nullptr;
};

/// Merges the space for these operands, rewriting their strides. `inner` is the axis the kernel's access kinds speak of:
/// every axis behind it has one element.
[[nodiscard]] TESSERA_APART_ONCE plan make_plan(const extents& space, int inner, operand* operands, int count) {
  plan p;
  p.count = count;
  p.operands = operands;
  if (space.rank == 0) {
    p.rank = 1;
    p.n[0] = 1;
    for (int k = 0; k < count; ++k) operands[k].stride[0] = 0;
    return p;
  }
  // From the inside out, at the end of the arrays first; moved to the front below.
  int top = max_rank - 1;
  extent n[max_rank];
  n[top] = space[inner];
  for (int k = 0; k < count; ++k) {
    const extent s = operands[k].stride[inner];
    operands[k].stride[max_rank - 1] = s;  // inner <= max_rank - 1: slots behind `inner` are free
  }
  for (int axis = inner - 1; axis >= 0; --axis) {
    if (space[axis] == 1) continue;
    bool merges = true;
    for (int k = 0; merges && k < count; ++k) merges = operands[k].stride[axis] == operands[k].stride[top] * n[top];
    if (merges) {
      n[top] *= space[axis];
    } else {
      --top;
      n[top] = space[axis];
      for (int k = 0; k < count; ++k) operands[k].stride[top] = operands[k].stride[axis];
    }
  }
  p.rank = max_rank - top;
  for (int i = 0; i < p.rank; ++i) {
    p.n[i] = n[top + i];
    for (int k = 0; k < count; ++k) operands[k].stride[i] = operands[k].stride[top + i];
  }
  return p;
}

}  // namespace tessera::backend
