// SPDX-License-Identifier: BSL-1.0
#pragma once
// A loop nest as a GPU kernel takes it: by value, with the numbers that are no tensors inside.

#include <tessera/backend/plan.hpp>
#include <tessera/core/config.hpp>

#if TESSERA_RUNS_ITEMS

#include <cstdint>
#include <cstring>

namespace tessera::backend::items {

/// Where an operand is, and how far one step along each axis goes. A number, or a generated source, is held itself.
struct place {
  char* data;
  extent stride[max_rank];
  alignas(16) unsigned char number[32];
};

/// The axes of a space and Count operands over it; items are numbered in row-major order of the axes.
template <int Count>
struct nest {
  extent n[max_rank];
  int rank;
  bool is_small;  // every number fits 32 bits, whose divisions are quicker
  place of[Count];

  /// The elements from the start of each operand to where item i has it.
  TESSERA_FN void locate(extent i, extent* offset) const {
    if (is_small) locate_by(static_cast<std::uint32_t>(i), offset);
    else locate_by(i, offset);
  }
  /// The memory of operand k, which is a tensor's.
  template <class E>
  [[nodiscard]] TESSERA_FN E* memory(int k) const {
#if defined(__CUDA_ARCH__)
    __builtin_assume(__isGlobal(of[k].data));
#endif
    return reinterpret_cast<E*>(of[k].data);
  }
  /// The memory of operand k, which may be a number.
  template <class E>
  [[nodiscard]] TESSERA_FN E* data(int k) const {
    return reinterpret_cast<E*>(of[k].data != nullptr ? of[k].data : const_cast<char*>(reinterpret_cast<const char*>(of[k].number)));
  }
  [[nodiscard]] extent size() const {
    extent all = 1;
    for (int i = 0; i < rank; ++i) all *= n[i];
    return all;
  }

 private:
  template <class Index>
  TESSERA_FN void locate_by(Index i, extent* offset) const {
    for (int k = 0; k < Count; ++k) offset[k] = 0;
    TESSERA_ROLLED
    for (int axis = rank - 1; axis > 0; --axis) {
      const Index size = static_cast<Index>(n[axis]), rest = i / size;
      const extent at = static_cast<extent>(i - rest * size);
      offset[0] += at * of[0].stride[axis];  // apart: where it is the only one, no loop is left that takes TESSERA_ROLLED away
      for (int k = 1; k < Count; ++k) offset[k] += at * of[k].stride[axis];
      i = rest;
    }
    for (int k = 0; k < Count; ++k) offset[k] += static_cast<extent>(i) * of[k].stride[0];
  }
};

/// The nest of a plan, with its axes in the given order.
template <int Count>
[[nodiscard]] nest<Count> make_nest(const plan& p, const int* order) {
  nest<Count> at;
  at.rank = p.rank;
  extent all = 1;
  for (int i = 0; i < p.rank; ++i) all *= at.n[i] = p.n[order[i]];
  at.is_small = all <= 0x7fffffff;
  for (int k = 0; k < p.count && k < Count; ++k) {
    const operand& from = p.operands[k];
    at.of[k].data = from.is_number ? nullptr : static_cast<char*>(const_cast<void*>(from.data));
    if (from.is_number) std::memcpy(at.of[k].number, from.data, static_cast<std::size_t>(from.element_size));
    for (int i = 0; i < p.rank; ++i) at.of[k].stride[i] = from.stride[order[i]];
  }
  return at;
}
inline constexpr int same_order[max_rank] = {0, 1, 2, 3, 4, 5, 6, 7};
static_assert(max_rank == 8);

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
