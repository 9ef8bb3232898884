// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reductions as items: each combines a part of what belongs to one element of the result, in an order that depends on the extents
// only; where the results are few, several items share one and a second launch combines their parts in order.

#include <tessera/backend/combine.hpp>
#include <tessera/backend/items/cut.hpp>
#include <tessera/backend/items/launch.hpp>
#include <tessera/backend/items/nest.hpp>
#include <tessera/numeric/promotion.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// A part of a result, combined into what stands there, or written beside the other parts. Value(i): element i, the kept axes first.
template <class Combine, class Value, class R>
struct reduce_part {
  using T = typename Value::value_type;
  Value value;
  cut by;
  nest<1> out;  // the kept axes
  T* partial;   // [kept, parts] where several items share a result

  template <class Team>
  TESSERA_FN void operator()(extent i, const Team& team) const {
    using Wide = std::conditional_t<Combine::sums, accumulate_t<T>, T>;
    const extent o = by.result_of(i), c = by.part_of(i), start = o * by.reduced;
    extent r = by.first_of(c, team);
    Wide total = Wide(0);
    if constexpr (!Combine::sums) total = static_cast<Wide>(value(start + (r < by.reduced ? r : 0)));  // twice is as good as once
    for (const extent step = by.step_of(team); r < by.reduced; r += step) total = Combine::combine(total, static_cast<Wide>(value(start + r)));
    total = team.template combine<Combine>(total);
    if (team.lane() != 0) return;
    if (by.parts != 1) {
      partial[o * by.parts + c] = static_cast<T>(total);
      return;
    }
    extent offset[1];
    out.locate(o, offset);
    R& to = out.template memory<R>(0)[offset[0]];
    to = static_cast<R>(Combine::combine(static_cast<Wide>(to), total));
  }
};

/// The numbers in a tensor's memory.
template <class T>
struct number_at {
  using value_type = T;
  nest<1> at;
  TESSERA_FN T operator()(extent i) const {
    extent offset[1];
    at.locate(i, offset);
    return at.template memory<const T>(0)[offset[0]];
  }
};
/// The same of n numbers that stand one after the other.
template <class T>
[[nodiscard]] number_at<T> numbers_at(T* data, extent n) {
  operand all{data, sizeof(T), {1}, false};
  plan p;
  p.rank = p.count = 1;
  p.n[0] = n;
  p.operands = &all;
  return {make_nest<1>(p, same_order)};
}

/// The nest of operand `result` over the axes that are kept.
[[nodiscard]] inline nest<1> nest_of_result(const plan& p, int result, const cut_plan& cut) {
  plan kept = p;
  operand one = p.operands[result];
  kept.operands = &one;
  kept.count = 1;
  kept.rank = cut.kept_axes == 0 ? 1 : cut.kept_axes;
  nest<1> out = make_nest<1>(kept, cut.order);
  if (cut.kept_axes == 0) out.n[0] = 1;
  return out;
}

/// Reduces along the axes on which operand `result` of the plan does not move. make(order) gives the Value over axes in that order.
template <class Combine, class R, class Make>
void run_reduction(const plan& p, int result, Make&& make) {
  const cut_plan cut(p, stretched_axes(p, p.operands[result]));
  const auto value = make(static_cast<const int*>(cut.order));
  using Value = std::remove_const_t<decltype(value)>;
  using T = typename Value::value_type;
  const items::cut& by = cut.by;
  const nest<1> out = nest_of_result(p, result, cut);
  const block partial(by.parts == 1 ? 0 : static_cast<std::size_t>(by.items()) * sizeof(T));
  T* const parts = static_cast<T*>(partial.data());
  launch_rows(by.items(), 8 * (by.reduced / by.parts), reduce_part<Combine, Value, R>{value, by, out, parts}, by.length());
  if (by.parts != 1) launch_rows(by.kept, 2 * by.parts, reduce_part<Combine, number_at<T>, R>{numbers_at(parts, by.items()), {by.kept, by.parts, 1, true}, out, nullptr}, by.parts);
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
