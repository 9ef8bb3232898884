// SPDX-License-Identifier: BSL-1.0
#pragma once
// Long sums in parts: threads cannot share a loop whose turns all add to the same results, so each part of it has results of its own.

#include <tessera/backend/driver.hpp>
#include <tessera/backend/matrix.hpp>

namespace tessera::backend {

namespace detail {

/// In how many parts the outermost axis is cut, whose elements are added together: by the extents alone. 1 where it is not worth it.
[[nodiscard]] TESSERA_ONCE extent parts_of_sum(kernel what, const plan& p, extent results) {
  constexpr extent most = 16;
  if (p.operands[p.count - 1].stride[0] != 0 || (TESSERA_RUNS_ITEMS && what.items != nullptr)) return 1;
  extent elements = 1;
  for (int i = 0; i < p.rank; ++i) elements *= p.n[i];
  if (elements < 4 * worth_a_thread || results > elements / (4 * most)) return 1;
  return std::min({most, elements / (2 * worth_a_thread), p.rank == 1 ? most : p.n[0]});
}

/// One of them, into its results.
TESSERA_ONCE void run_part_of_sum(kernel what, const plan& p, extent part, extent parts, void* to) {
  const extent unit = p.rank == 1 ? 64 : 1, all = (p.n[0] + unit - 1) / unit;  // a row is cut between whole registers
  const extent begin = part * all / parts * unit, end = std::min(p.n[0], (part + 1) * all / parts * unit);
  extent inner = 1;
  for (int i = 1; i < p.rank; ++i) inner *= p.n[i];
  operand moved[max_slots];
  for (int k = 0; k < p.count; ++k) {
    moved[k] = p.operands[k];
    moved[k].data = static_cast<const char*>(moved[k].data) + begin * moved[k].stride[0] * moved[k].element_size;
  }
  moved[p.count - 1].data = to;
  plan own = p;
  own.n[0] = end - begin;
  own.operands = moved;
  if (own.n[0] > 0) run(what, own, nullptr, false, begin * inner);
}

}  // namespace detail

/// Adds what the plan's kernel sums to `results` numbers at `out`, which lie one after the other and hold sums already, or zeros.
template <class T>
void run_sum(kernel what, const plan& p, T* out, extent results, bool split) {
  const extent parts = detail::parts_of_sum(what, p, results);
  if (parts == 1) return run(what, p, nullptr, split);
  const scratch<T> sums(parts * results);
  std::fill_n(sums.data(), parts * results, T(0));
  parallel_for(parts, 1, [&](extent begin, extent end) {
    for (extent i = begin; i < end; ++i) detail::run_part_of_sum(what, p, i, parts, sums.data() + i * results);
  });
  for (extent i = 0; i < parts; ++i)
    for (extent j = 0; j < results; ++j) out[j] += sums.data()[i * results + j];
}

}  // namespace tessera::backend
