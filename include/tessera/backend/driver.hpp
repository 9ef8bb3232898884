// SPDX-License-Identifier: BSL-1.0
#pragma once
// Walks a loop nest and hands rectangles to a kernel, on several threads where the work is worth it. The partition is a
// function of the extents only, so results do not depend on the number of threads. Nothing here is a template.

#include <tessera/backend/kernel.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/plan.hpp>
#include <tessera/backend/stream.hpp>

#include <algorithm>
#include <cstdint>

namespace tessera::backend {

namespace detail {

inline constexpr extent worth_a_thread = 32768;  // elements; about 10 microseconds of simple work

inline void shift(slot* to, const slot* from, int count, extent rows, extent elements) {
  for (int k = 0; k < count; ++k) {
    to[k] = from[k];
    if (to[k].data != nullptr) to[k].data += rows * from[k].row_bytes + elements * from[k].step * from[k].element_size;
  }
}

TESSERA_APART_ONCE void split_rows(const row_body& body, const slot* slots, int count, extent n0, extent n1, extent index) {
  if (n1 >= worth_a_thread) {  // long rows: split each; the chunk is a multiple of every register width
    constexpr extent chunk = worth_a_thread / 2;
    for (extent row = 0; row < n0; ++row)
      parallel_for((n1 + chunk - 1) / chunk, 1, [&](extent begin, extent end) {
        slot moved[max_slots];
        shift(moved, slots, count, row, begin * chunk);
        isa::for_each_row(body, moved, 1, std::min(end * chunk, n1) - begin * chunk, index + row * n1 + begin * chunk);
      });
    return;
  }
  parallel_for(n0, std::max<extent>(1, worth_a_thread / 2 / n1), [&](extent begin, extent end) {
    slot moved[max_slots];
    shift(moved, slots, count, begin, 0);
    isa::for_each_row(body, moved, end - begin, n1, index + begin * n1);
  });
}

// Of rows that are added up: every column is a sum of its own. The chunks are multiples of every register width.
TESSERA_APART_ONCE void split_columns(const row_body& body, const slot* slots, int count, extent n0, extent n1, extent index) {
  constexpr extent chunk = 1024;
  const extent least = (worth_a_thread / 2 + n0 - 1) / n0;
  parallel_for((n1 + chunk - 1) / chunk, (least + chunk - 1) / chunk, [&](extent begin, extent end) {
    slot moved[max_slots];
    shift(moved, slots, count, 0, begin * chunk);
    isa::for_each_row(body, moved, n0, std::min(end * chunk, n1) - begin * chunk, index);
  });
}

}  // namespace detail

/// Runs the kernel over n0 x n1 elements. `split`: chunks of them may run at the same time.
inline void run_rows(const row_body& body, const slot* slots, int count, extent n0, extent n1, extent index, bool split) {
  if (n0 * n1 <= detail::worth_a_thread) return isa::for_each_row(body, slots, n0, n1, index);
  if (split) return detail::split_rows(body, slots, count, n0, n1, index);
  const slot& sums = slots[count - 1];
  if (body.together > 1 && sums.row_bytes == 0 && sums.step != 0 && num_threads() > 1) detail::split_columns(body, slots, count, n0, n1, index);
  else isa::for_each_row(body, slots, n0, n1, index);
}

/// Is the result, n elements of the last slot, long and not computed in place, so that it is written past the caches?
[[nodiscard]] inline bool is_streamed(const slot* slots, int count, extent n) {
  const slot& out = slots[count - 1];
  if (n * out.element_size < streamed_bytes || reinterpret_cast<std::uintptr_t>(out.data) % 64 != 0) return false;
  for (int k = 0; k + 1 < count; ++k)
    if (slots[k].data == out.data) return false;
  return true;
}

/// Runs a kernel that maps over n elements, one after the other.
TESSERA_APART_ONCE void run_flat(const row_body& body, slot* slots, extent n) {
  if (n <= detail::worth_a_thread) {
    if (n >= body.width) body.run(slots, n, 0, body.width, 1);
    else isa::run_tail(body, slots, 0, static_cast<int>(n), 0);
    return;
  }
  slots[body.slots - 1].store = is_streamed(slots, body.slots, n);
  run_rows(body, slots, body.slots, 1, n, 0, num_threads() > 1);
}

/// Runs the kernel over the whole nest, whose first element has the number `first`; stores[k] is copied to slot k where given.
TESSERA_ONCE void run(kernel what, const plan& p, const bool* stores, bool split, extent first = 0) {
  if (TESSERA_RUNS_ITEMS && what.items != nullptr) return what.items(p, stores, split);
  const row_body& body = *what.rows;
  slot slots[max_slots];
  const int r = p.rank;
  const extent n1 = p.n[r - 1], n0 = r > 1 ? p.n[r - 2] : 1;
  for (int k = 0; k < p.count; ++k) {
    const operand& o = p.operands[k];
    slots[k].data = static_cast<char*>(const_cast<void*>(o.data));  // kernels write only where their contract says
    slots[k].row_bytes = r > 1 ? o.stride[r - 2] * o.element_size : 0;
    slots[k].step = o.stride[r - 1];
    slots[k].element_size = static_cast<std::int32_t>(o.element_size);
    slots[k].store = stores != nullptr && stores[k];
  }
  if (r <= 2) return run_rows(body, slots, p.count, n0, n1, first, split);
  extent outer = 1;
  for (int i = 0; i < r - 2; ++i) outer *= p.n[i];
  const auto some = [&](extent begin, extent end) {
    for (extent o = begin; o < end; ++o) {
      slot moved[max_slots];
      detail::shift(moved, slots, p.count, 0, 0);
      extent rest = o;
      for (int i = r - 3; i >= 0; --i) {
        const extent at = rest % p.n[i];
        rest /= p.n[i];
        for (int k = 0; k < p.count; ++k)
          if (moved[k].data != nullptr) moved[k].data += at * p.operands[k].stride[i] * p.operands[k].element_size;
      }
      isa::for_each_row(body, moved, n0, n1, first + o * n0 * n1);
    }
  };
  if (!split || outer * n0 * n1 <= detail::worth_a_thread) return some(0, outer);
  parallel_for(outer, std::max<extent>(1, detail::worth_a_thread / 2 / std::max<extent>(1, n0 * n1)), some);
}

}  // namespace tessera::backend
