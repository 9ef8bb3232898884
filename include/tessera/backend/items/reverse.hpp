// SPDX-License-Identifier: BSL-1.0
#pragma once
// The fused backward sweep as items. One launch computes the adjoints of all leaves: those that were not stretched are written where they
// belong, those that were are added up as the items go along, and a further launch combines the parts of each in order.

#include <tessera/backend/items/elementwise.hpp>
#include <tessera/backend/items/overlap.hpp>

#if TESSERA_RUNS_ITEMS

#include <bit>
#include <cstdint>

namespace tessera::backend::items {

/// The sweep over the elements of an item. Operands: the sources, the seed, the kept result, the places of the adjoints, and the number
/// of the element.
template <class P>
struct reverse_part {
  using T = typename P::lane_type;
  static constexpr int L = P::sources, operands = 2 * L + 3;
  nest<operands> at;
  cut by;
  std::uint64_t direct = 0, stores = 0, summed = 0;  // the leaves that are written, of those the ones that overwrite, and those that are added up
  T* partial[L + 1] = {};                            // [kept, parts] of each leaf that is added up; null: its place itself

  template <class Team>
  TESSERA_FN void operator()(extent item, const Team& team) const {
    const extent o = by.result_of(item), c = by.part_of(item), start = o * by.reduced, step = by.step_of(team);
    accumulate_t<T> sums[L + 1];
    for (int k = 0; k <= L; ++k) sums[k] = 0;
    for (extent r = by.first_of(c, team); r < by.reduced; r += step) {
      extent offset[operands];
      T a[P::values];
      at.locate(start + r, offset);
      compute(offset, a);
      P::for_each_source([&]<class S, int I>() {
        if constexpr (P::template is_active<I>) {
          if ((direct >> I & 1) != 0) {
            auto& place = at.template memory<typename S::element>(L + 2 + I)[offset[L + 2 + I]];
            place = (stores >> I & 1) != 0 ? static_cast<typename S::element>(a[I]) : static_cast<typename S::element>(place + a[I]);
          } else if ((summed >> I & 1) != 0) {
            sums[I] += static_cast<accumulate_t<T>>(a[I]);
          }
        }
      });
    }
    if (summed == 0) return;
    extent offset[operands];
    at.locate(start, offset);
    P::for_each_source([&]<class S, int I>() {
      if constexpr (P::template is_active<I>) {
        if ((summed >> I & 1) == 0) return;
        const accumulate_t<T> sum = team.template combine<plain_sum>(sums[I]);
        if (team.lane() != 0) return;
        if (partial[I] != nullptr) partial[I][o * by.parts + c] = static_cast<T>(sum);
        else at.template memory<typename S::element>(L + 2 + I)[offset[L + 2 + I]] += static_cast<typename S::element>(sum);
      }
    });
  }

 private:
  TESSERA_FN void compute(const extent* offset, T* a) const {
    T v[P::values];
    load_sources<P, true>(v, at, offset, offset[operands - 1]);
    P::template forward<true>(v);
    if constexpr (P::keeps_result) v[P::values - 1] = at.template memory<const T>(L + 1)[offset[L + 1]];
    a[P::values - 1] = at.template memory<const T>(L)[offset[L]];
    P::reverse(v, a);
  }
};

/// Adds partial sums, of the kept axes and the parts, to the adjoint of a leaf, which may be stretched along kept axes too.
template <class T, class E>
void add_partial_sums(const plan& p, const operand& leaf, const cut_plan& cut, T* partial) {
  operand all[2] = {{partial, sizeof(T), {}, false}, leaf};
  plan of_parts;
  of_parts.count = 2;
  of_parts.operands = all;
  of_parts.rank = cut.kept_axes + 1;
  for (int i = 0; i < cut.kept_axes; ++i) of_parts.n[i] = p.n[cut.order[i]], all[1].stride[i] = leaf.stride[cut.order[i]];
  of_parts.n[cut.kept_axes] = cut.by.parts;
  all[1].stride[cut.kept_axes] = 0;
  extent step = 1;
  for (int i = cut.kept_axes; i >= 0; --i) all[0].stride[i] = step, step *= of_parts.n[i];
  run_reduction<plain_sum, E>(of_parts, 1, [&](const int* order) { return number_at<T>{make_nest<1>(of_parts, order)}; });
}

/// The fused backward sweep of a plan. Leaves share a launch where their memory allows it and the axes on which one is summed hold those
/// on which the others are.
template <class P>
void run_reverse(const plan& p, const bool* stores) {
  using sweep = reverse_part<P>;
  using T = typename P::lane_type;
  static_assert(P::sources <= 64);
  const numbered_plan<sweep::operands> own(p);
  const operand* const places = p.operands + sweep::L + 2;
  std::uint64_t left = 0;
  for (int leaf = 0; leaf < sweep::L; ++leaf)
    if (places[leaf].data != nullptr) left |= std::uint64_t{1} << leaf;
  while (left != 0) {
    const group_of_leaves together = group_leaves(p, places, sweep::L, left);
    left &= ~(together.direct | together.summed);
    const cut_plan cut(p, together.axes);
    sweep work{make_nest<sweep::operands>(own.p, cut.order), cut.by, together.direct, 0, together.summed, {}};
    int partial_sums = 0;
    for (int leaf = 0; leaf < sweep::L; ++leaf) {
      if (stores != nullptr && stores[sweep::L + 2 + leaf]) work.stores |= std::uint64_t{1} << leaf;
      partial_sums += needs_partial_sums(p, places[leaf], together, cut, leaf) ? 1 : 0;
    }
    const extent items = cut.by.items();
    const block room(static_cast<std::size_t>(partial_sums * items) * sizeof(T));
    T* next = static_cast<T*>(room.data());
    for (int leaf = 0; leaf < sweep::L; ++leaf)
      if (needs_partial_sums(p, places[leaf], together, cut, leaf)) work.partial[leaf] = next, next += items;
    launch_rows(items, P::values * 4 * (cut.by.reduced / cut.by.parts), work, cut.by.length());
    P::for_each_source([&]<class S, int I>() {
      if constexpr (P::template is_active<I>)
        if (work.partial[I] != nullptr) add_partial_sums<T, typename S::element>(p, places[I], cut, work.partial[I]);
    });
  }
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
