// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reductions as items: each combines a part of what belongs to one element of the result, in an order that depends on the extents
// only; where the results are few, several items share one and a second launch combines their parts in order.

#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/items/nest.hpp>
#include <tessera/numeric/promotion.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The number of items that share one of `kept` results of `reduced` elements each.
[[nodiscard]] constexpr extent parts_of(extent kept, extent reduced) noexcept {
  constexpr extent enough = 1 << 14, least = 128;  // items that fill a GPU; elements worth an item
  if (kept >= enough || reduced <= 2 * least) return 1;
  const extent wanted = (enough + kept - 1) / kept, possible = reduced / least;
  return wanted < possible ? wanted : possible;
}

/// Part c of result o: elements c, c + parts, ... of those that belong to it. Value(i): element i, the kept axes first. Neighbouring
/// items read neighbouring memory: they differ in c where the innermost axis is reduced, in o where it is not.
template <class Combine, class Value>
struct reduce_part {
  using T = typename Value::value_type;
  Value value;
  extent kept, reduced, parts;
  bool parts_first;
  T* partial;  // [kept, parts]

  TESSERA_FN void operator()(extent i) const {
    const extent o = parts_first ? i / parts : i % kept, c = parts_first ? i % parts : i / kept;
    using Wide = std::conditional_t<Combine::sums, accumulate_t<T>, T>;
    Wide total = static_cast<Wide>(value(o * reduced + c));
    for (extent r = c + parts; r < reduced; r += parts) total = Combine::combine(total, static_cast<Wide>(value(o * reduced + r)));
    partial[o * parts + c] = static_cast<T>(total);
  }
};

/// Combines the parts of each result into what stands there.
template <class Combine, class T, class R>
struct combine_parts {
  nest<1> out;
  extent parts;
  const T* partial;

  TESSERA_FN void operator()(extent o) const {
    extent offset[1];
    out.locate(o, offset);
    using Wide = std::conditional_t<Combine::sums, accumulate_t<T>, T>;
    R& to = out.template memory<R>(0)[offset[0]];
    Wide total = static_cast<Wide>(partial[o * parts]);
    for (extent c = 1; c < parts; ++c) total = Combine::combine(total, static_cast<Wide>(partial[o * parts + c]));
    to = static_cast<R>(Combine::combine(static_cast<Wide>(to), total));
  }
};

/// Reduces along the axes on which operand `result` of the plan does not move. make(order) gives the Value over axes in that order.
template <class Combine, class R, class Make>
void run_reduction(const plan& p, int result, Make&& make) {
  int order[max_rank] = {};
  int axes = 0;
  extent kept = 1, reduced = 1;
  const operand& out = p.operands[result];
  for (int i = 0; i < p.rank; ++i)
    if (out.stride[i] != 0 || p.n[i] == 1) order[axes++] = i, kept *= p.n[i];
  const int kept_axes = axes;
  for (int i = 0; i < p.rank; ++i)
    if (out.stride[i] == 0 && p.n[i] != 1) order[axes++] = i, reduced *= p.n[i];

  const auto value = make(static_cast<const int*>(order));
  using Value = std::remove_const_t<decltype(value)>;
  using T = typename Value::value_type;
  const extent parts = parts_of(kept, reduced);
  const block partial(static_cast<std::size_t>(kept * parts) * sizeof(T));
  launch(kept * parts, 8 * (reduced / parts), reduce_part<Combine, Value>{value, kept, reduced, parts, kept_axes < axes && order[axes - 1] == p.rank - 1, static_cast<T*>(partial.data())});

  plan of_result = p;
  operand one = out;
  of_result.operands = &one;
  of_result.count = 1;
  of_result.rank = kept_axes == 0 ? 1 : kept_axes;
  combine_parts<Combine, T, R> rest{make_nest<1>(of_result, order), parts, static_cast<const T*>(partial.data())};
  if (kept_axes == 0) rest.out.n[0] = 1;
  launch(kept, 8 * parts, rest);
}

/// Addition into what stands there.
struct sum_of_items {
  static constexpr bool sums = true;
  template <class X>
  TESSERA_FN static constexpr X combine(X a, X b) { return a + b; }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
