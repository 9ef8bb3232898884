// SPDX-License-Identifier: BSL-1.0
#pragma once
// Evaluates an expression: lowers it, binds its leaves to slots and runs the kernel of the selected backend.

#include <tessera/backend/driver.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/expr/lower.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

/// The kernel K for lanes of T on the selected backend.
template <class K, class T>
[[nodiscard]] kernel pick() {
  if constexpr (has_reference_kernels)
    if (selected() == kind::scalar) return &K::template run<scalar_register<T>>;
  return &K::template run<simd_register<T>>;
}

namespace isa {

template <class E>
void bind_flat(const E& e, slot* slots) {
  int k = 0;
  e.for_each_leaf([&](const auto& leaf) {
    using L = std::remove_cvref_t<decltype(leaf)>;
    slots[k].data = const_cast<char*>(reinterpret_cast<const char*>(leaf.data()));
    slots[k].step = L::shape_type::rank == 0 ? 0 : 1;
    slots[k].element_size = sizeof(typename L::element);
    ++k;
  });
}

}  // namespace isa

/// Describes every leaf of the expression over the space, in order.
template <class E>
void bind(const E& e, const extents& space, operand* operands) {
  int k = 0;
  e.for_each_leaf([&](const auto& leaf) {
    using L = std::remove_cvref_t<decltype(leaf)>;
    operands[k].data = leaf.data();
    operands[k].element_size = sizeof(typename L::element);
    stretch(leaf.shape().values(), leaf.strides(), space, operands[k].stride);
    ++k;
  });
}

/// Writes the expression, stretched over a space of shape type Whole, through the index map `strides`.
template <class Whole, class E, class R, class P = program_of<E, Whole>>
void evaluate_into(const E& e, const extents& space, R* out, const extents& strides) {
  if (count(space) == 0) return;
  operand operands[P::sources + 1];
  bind(e, space, operands);
  operands[P::sources] = {out, sizeof(R), {}};
  stretch(space, strides, space, operands[P::sources].stride);
  run(pick<map_rows<P, R>, typename P::lane_type>(), make_plan(space, tessera::detail::inner_axis(Whole::pattern), operands, P::sources + 1), nullptr, true);
}

/// Writes the elements of the expression to contiguous memory, row by row.
template <class E, class R, class P = program_of<E>>
void evaluate(const E& e, R* out) {
  const extent n = e.shape().size();
  if (n == 0) return;
  if constexpr (is_flat<E>) {
    slot slots[P::sources + 1];
    isa::bind_flat(e, slots);
    slots[P::sources].data = reinterpret_cast<char*>(out);
    slots[P::sources].step = 1;
    slots[P::sources].element_size = sizeof(R);
    run_rows(pick<map_rows<P, R>, typename P::lane_type>(), slots, P::sources + 1, 1, n, 0, true);
  } else {
    const extents space = e.shape().values();
    evaluate_into<typename E::shape_type, E, R, P>(e, space, out, row_major(space));
  }
}

/// The same with lanes of R, for leaves of another element type.
template <class R, class E>
void evaluate_as(const E& e, R* out) {
  evaluate<E, R, program<R, typename tessera::detail::lowering<E, typename E::shape_type, 0, 0, 1>::sources, type_list<>>>(e, out);
}

/// Combines the elements of the expression along the axes in Mask into `out`, which holds the combiner's identity.
///   cost  one pass over the operand, no temporary
template <class Combine, unsigned Mask, class E, class T = lane_type_t<E>, class P = program_of<E>>
void reduce(const E& e, T* out) {
  constexpr int inner = tessera::detail::inner_axis(E::shape_type::pattern);
  constexpr bool along = E::shape_type::rank == 0 || (Mask >> inner & 1U) != 0;
  const extents space = e.shape().values();
  if (count(space) == 0) return;
  const kernel fn = pick<reduce_rows<P, Combine, along>, T>();
  operand operands[P::sources + 1];
  bind(e, space, operands);
  operands[P::sources] = {out, sizeof(T), {}};
  extent step = 1;
  for (int i = space.rank - 1; i >= 0; --i) {
    const bool reduced = (Mask >> i & 1U) != 0;
    operands[P::sources].stride[i] = reduced ? 0 : step;
    if (!reduced) step *= space[i];
  }
  const plan p = make_plan(space, inner, operands, P::sources + 1);
  bool split = true;  // where no two chunks meet in one element of the output
  for (int i = 0; i < p.rank; ++i) split = split && (p.n[i] == 1 || p.operands[P::sources].stride[i] != 0 || (i == p.rank - 1 && p.rank > 1 && p.n[i] < detail::worth_a_thread));
  run(fn, p, nullptr, split);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
