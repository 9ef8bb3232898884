// SPDX-License-Identifier: BSL-1.0
#pragma once
// Numbers in ascending order, with the places they came from: by items alone, so that nobody waits and no memory is needed.

#include <tessera/backend/items/launch.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_RUNS_ITEMS

#include <concepts>
#include <cstdint>

namespace tessera::backend {

namespace items {

/// Puts number i where it belongs: behind those that are smaller, and behind equal ones before it.
struct place_by_rank {
  const std::int64_t* number;
  extent n;
  std::int64_t *key, *place;

  TESSERA_FN void operator()(extent i) const {
    const std::int64_t own = number[i];
    extent rank = 0;
    for (extent j = 0; j < n; ++j) rank += number[j] < own || (number[j] == own && j < i) ? 1 : 0;
    key[rank] = own;
    place[rank] = i;
  }
};

struct numbered {
  const std::int64_t* number;
  std::int64_t *key, *place;
  TESSERA_FN void operator()(extent i) const {
    key[i] = number[i];
    place[i] = i;
  }
};

/// One pass of a bitonic network: places i and i ^ mask in ascending order. There is nothing behind n, which is larger than all.
struct ordered_pairs {
  extent mask, n;
  std::int64_t *key, *place;

  TESSERA_FN void operator()(extent i) const {
    const extent other = i ^ mask;
    if (other <= i || other >= n) return;
    const std::int64_t a = key[i], b = key[other], from_a = place[i], from_b = place[other];
    if (a < b || (a == b && from_a < from_b)) return;
    key[i] = b;
    key[other] = a;
    place[i] = from_b;
    place[other] = from_a;
  }
};

}  // namespace items

/// Writes n numbers in ascending order, equal ones in the order of their places, and the places. As the numbers and the places alone
/// say who comes first, so does the result.
template <std::same_as<std::int64_t> Number>  // a template only for this: a program that orders nothing does not compile its kernels
TESSERA_COLD void order_places(extent n, const Number* number, Number* key, Number* place) {
  constexpr extent few = 16384;  // one launch of n² comparisons then costs less than the launches of a network
  if (n <= few) return launch(n, 2 * n, items::place_by_rank{number, n, key, place});
  launch(n, 2, items::numbered{number, key, place});
  for (extent size = 2; size / 2 < n; size *= 2) {
    launch(n, 4, items::ordered_pairs{size - 1, n, key, place});
    for (extent step = size / 4; step > 0; step /= 2) launch(n, 4, items::ordered_pairs{step, n, key, place});
  }
}

/// Numbers in ascending order and their places, in memory of this thread's device.
template <std::same_as<std::int64_t> Number>
class ordered_numbers {
 public:
  ordered_numbers(extent n, const Number* number) : numbers_(static_cast<std::size_t>(n) * sizeof(Number)), places_(numbers_.bytes()) {
    order_places(n, number, static_cast<Number*>(numbers_.data()), static_cast<Number*>(places_.data()));
  }
  [[nodiscard]] const Number* number() const { return static_cast<const Number*>(numbers_.data()); }
  [[nodiscard]] const Number* place() const { return static_cast<const Number*>(places_.data()); }

 private:
  block numbers_, places_;
};

}  // namespace tessera::backend

#endif  // TESSERA_RUNS_ITEMS
