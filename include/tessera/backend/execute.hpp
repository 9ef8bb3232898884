// SPDX-License-Identifier: BSL-1.0
#pragma once
// Evaluates an expression: lowers it, binds its leaves to slots and runs the kernel of the selected backend.

#include <tessera/backend/copy.hpp>
#include <tessera/backend/sum_parts.hpp>
#include <tessera/expr/lower.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

// A leaf does not move along an axis of extent 1 in its type, even where the space happens to have one element there: a kernel that reads it as a
// splat must not be given another axis in place of that one.

/// The strides over the space of contiguous elements, of a type of that pattern.
template <class Shape>
void stretch_row_major(const Shape& shape, const extents& pattern, const extents& space, extent* out) {
  const int before = space.rank - pattern.rank;
  extent step = 1;
  for (int i = pattern.rank - 1; i >= 0; --i) {
    out[before + i] = pattern.at[i] == 1 || (shape[i] == 1 && space[before + i] != 1) ? 0 : step;
    step = tessera::detail::product(step, shape[i]);
  }
  for (int i = 0; i < before; ++i) out[i] = 0;
}
/// The same of elements behind an index map.
TESSERA_ONCE void stretch_map(const extents& shape, const extents& pattern, const extents& strides, const extents& space, extent* out) {
  stretch(shape, strides, space, out);
  for (int i = 0; i < pattern.rank; ++i)
    if (pattern.at[i] == 1) out[space.rank - pattern.rank + i] = 0;
}
/// The strides of a leaf over the space. (Axis by axis: a list that has just been written is not copied, which would wait for it.)
template <class L>
void stretch_leaf(const L& leaf, const extents& space, extent* out) {
  constexpr bool is_row_major = requires { leaf.values; } || (requires { leaf.hold; } && !requires { leaf.offset; });
  if constexpr (is_row_major) stretch_row_major(leaf.shape(), L::shape_type::pattern, space, out);
  else stretch_map(leaf.shape().values(), L::shape_type::pattern, leaf.strides(), space, out);
}

/// Describes every leaf of the expression over the space, in order.
template <class E>
void bind(const E& e, const extents& space, operand* operands) {
  int k = 0;
  e.for_each_leaf([&](const auto& leaf) {
    using L = std::remove_cvref_t<decltype(leaf)>;
    operands[k].data = leaf.data();
    operands[k].element_size = sizeof(typename L::element);
    operands[k].is_number = !requires { leaf.hold; } && !requires { leaf.values; };
    stretch_leaf(leaf, space, operands[k].stride);
    ++k;
  });
}

/// Is E elements of a block behind an index map, and nothing more?
template <class E>
concept is_view = !is_map<E> && E::leaf_count == 1 && requires(const E& e) { e.hold; e.strides(); };

/// Writes the expression, stretched over a space of shape type Whole, through the index map `strides`.
template <class Whole, class E, class R, class P = program_of<E, Whole>>
void evaluate_into(const E& e, const extents& space, R* out, const extents& strides) {
  if (count(space) == 0) return;
  operand operands[P::sources + 1];
  bind(e, space, operands);
  if constexpr (is_view<E> && std::same_as<typename E::element, R>) {
    extents from = extents::filled(space.rank, 0);
    for (int i = 0; i < space.rank; ++i) from[i] = operands[0].stride[i];
    return copy_strided<R>(space, static_cast<const R*>(operands[0].data), from, out, strides);
  }
  operands[P::sources] = {out, sizeof(R), {}, false};
  stretch(space, strides, space, operands[P::sources].stride);
  run(pick<map_rows<P, R>, typename P::lane_type>(), make_plan(space, tessera::detail::inner_axis(Whole::pattern), operands, P::sources + 1), nullptr, true);
}

/// Writes the elements of the expression to contiguous memory, row by row.
template <class E, class R, class P = program_of<E>>
void evaluate(const E& e, R* out) {
  const extent n = e.shape().size();
  if (n == 0) return;
  if constexpr (is_flat<E>)
    if (!TESSERA_RUNS_ITEMS || !runs_items()) {
      slot slots[P::sources + 1];
      int k = 0;
      e.for_each_leaf([&](const auto& leaf) {
        using L = std::remove_cvref_t<decltype(leaf)>;
        slots[k++] = {const_cast<char*>(reinterpret_cast<const char*>(leaf.data())), 0, L::shape_type::rank == 0 || Generated<typename L::element> ? 0 : 1, sizeof(typename L::element), false};
      });
      slots[P::sources] = {reinterpret_cast<char*>(out), 0, 1, sizeof(R), false};
      return run_flat(*pick<map_rows<P, R>, typename P::lane_type>().rows, slots, n);
    }
  if constexpr (!is_flat<E> || TESSERA_RUNS_ITEMS) {
    const extents space = e.shape().values();
    evaluate_into<typename E::shape_type, E, R, P>(e, space, out, row_major(space));
  }
}

/// The same with lanes of R, for leaves of another element type.
template <class R, class E>
void evaluate_as(const E& e, R* out) {
  evaluate<E, R, program<R, typename tessera::detail::lowering<E, typename E::shape_type, 0, 0, 1>::sources, type_list<>>>(e, out);
}

/// Sums the elements of the expression along the axes in Mask into `out`, which holds zeros.
///   cost  one pass over the operand, no temporary of its size
template <class Combine, unsigned Mask, class E, class T = lane_type_t<E>, class P = program_of<E>>
void reduce(const E& e, T* out) {
  static_assert(Combine::sums, "parts of a sum are added");
  constexpr int inner = tessera::detail::inner_axis(E::shape_type::pattern);
  constexpr bool along = E::shape_type::rank == 0 || (Mask >> inner & 1U) != 0;
  const extents space = e.shape().values();
  if (count(space) == 0) return;
  const kernel fn = pick<reduce_rows<P, Combine, along>, T>();
  operand operands[P::sources + 1];
  bind(e, space, operands);
  operands[P::sources] = {out, sizeof(T), {}, false};
  extent step = 1;
  for (int i = space.rank - 1; i >= 0; --i) {
    const bool reduced = (Mask >> i & 1U) != 0;
    operands[P::sources].stride[i] = reduced ? 0 : step;
    if (!reduced) step *= space[i];
  }
  const plan p = make_plan(space, inner, operands, P::sources + 1);
  bool split = true;  // where no two chunks meet in one element of the output
  for (int i = 0; i < p.rank; ++i) split = split && (p.n[i] == 1 || p.operands[P::sources].stride[i] != 0 || (i == p.rank - 1 && p.rank > 1 && p.n[i] < detail::worth_a_thread));
  run_sum(fn, p, out, step, split);
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
