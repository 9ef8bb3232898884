// SPDX-License-Identifier: BSL-1.0
#pragma once
// The loop over the rows of a rectangle, once for all kernels: a row's full registers run in place, the rest of it through
// the same body on copies that fill a register. Nothing here is a template.

#include <tessera/backend/lanes.hpp>  // load_part
#include <tessera/backend/stream.hpp>
#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tessera::backend {

/// An operand as a kernel sees it: bytes from row to row, elements from one to the next within a row.
struct slot {
  char* data;
  extent row_bytes;
  extent step;
  std::int32_t element_size;
  bool store;  // of a place for an adjoint: nobody has written it, so that the sweep stores where it would add; of a result: it
               // is written past the caches
};

/// The most operands a kernel of the library has.
inline constexpr int max_slots = 104;

/// What the loop does with an operand for the elements that fill no register.
enum class tail : unsigned char {
  none,    // it does not move, or is not read
  read,    // the body reads a copy
  write,   // the body writes a copy, which is stored; and in place only where the elements are neighbours
  update,  // both
  add,     // the body adds to zeros, which are added to the operand or stored there; nothing where it has no data
};

/// A kernel: what it does with n elements of a row, the first of which is number `first` of the space. Either n is a
/// multiple of the width and `lanes` the width, or n is the width and only the first `lanes` elements count. It does the same with
/// the rows behind it, `rows` in all, which are row_bytes apart.
struct row_body {
  void (*run)(const slot* slots, extent n, extent first, int lanes, int rows);
  const tail* tails;
  int slots;
  int width;  // a power of two
  bool maps;  // it writes the last operand from the others alone; and takes any n from the width on where its elements are neighbours
  int together;  // the most rows that it takes at once, where the last operand is the same for all of them
};

inline namespace TESSERA_ARCH {

namespace isa {

// Calls f.operator()<V>() with the register for floating-point numbers of a size, which moves whatever has that size.
template <class F>
inline void with_size(extent element_size, F&& f) {
  if (element_size == 4) f.template operator()<simd_register<float>>();
  else f.template operator()<simd_register<double>>();
}

// `lanes` elements, `step` apart, to places beside each other and from there on, up to the width, the last once more: so the
// padding raises nothing that the others do not.
inline void gather_lanes(char* to, const char* from, extent step, extent element_size, int lanes, int width) {
  const auto copy = [&](auto size) {
    for (int i = 0; i < width; ++i) std::memcpy(to + i * size(), from + (i < lanes ? i : lanes - 1) * step * size(), size());
  };
  if (element_size == 1) return copy(std::integral_constant<extent, 1>{});
  with_size(element_size, [&]<class V>() {
    using T = lane_t<V>;
    const T* const numbers = reinterpret_cast<const T*>(from);
    if (step == 1 && width <= tessera::backend::width<V>) store_lanes(reinterpret_cast<T*>(to), load_part<V>(numbers, lanes, numbers[lanes - 1]));
    else copy(std::integral_constant<extent, sizeof(T)>{});
  });
}

// `lanes` elements beside each other to places `step` apart.
inline void scatter_lanes(char* to, extent step, const char* from, extent element_size, int lanes) {
  if (step == 1 && element_size >= 4)
    return with_size(element_size, [&]<class V>() {
      using T = lane_t<V>;
      for (; lanes > 0; lanes -= width<V>, from += sizeof(V), to += sizeof(V)) store_part(reinterpret_cast<T*>(to), load<V>(reinterpret_cast<const T*>(from)), lanes);
    });
  const auto copy = [&](auto size) {
    for (int i = 0; i < lanes; ++i) std::memcpy(to + i * step * size(), from + i * size(), size());
  };
  if (element_size == 4) copy(std::integral_constant<extent, 4>{});
  else if (element_size == 8) copy(std::integral_constant<extent, 8>{});
  else copy(std::integral_constant<extent, 1>{});
}

// Adjoints are floating-point.
inline void add_lanes(char* to, extent step, const char* from, extent element_size, int lanes, bool store) {
  with_size(element_size, [&]<class V>() {
    using T = lane_t<V>;
    T* const place = reinterpret_cast<T*>(to);
    const T* const part = reinterpret_cast<const T*>(from);
    if (step == 1 && lanes <= width<V>) {
      const V sum = load<V>(part);
      store_part(place, store ? sum : V(load_part<V>(place, lanes, T(0)) + sum), lanes);
    } else {
      for (int i = 0; i < lanes; ++i) place[i * step] = store ? part[i] : place[i * step] + part[i];
    }
  });
}

// The last elements of a row, or of several: one is often all of a small statement, and goes the shortest way.
template <bool Several>
[[gnu::always_inline]] inline void pad_and_run(const row_body& body, const slot* row, extent full, int lanes, extent first, int rows) {
  slot padded[max_slots];
  alignas(64) char room[max_slots][64 * 8];  // the most lanes of the widest element, or the most rows of a register
  const auto place = [&](int k) { return row[k].data + full * row[k].step * row[k].element_size; };
  for (int k = 0; k < body.slots; ++k) {
    const tail t = body.tails[k];
    const bool moves = t != tail::none && row[k].data != nullptr;
    // Member by member, as they have just been written; a body reads no other.
    padded[k].data = moves ? room[k] : row[k].data;
    if constexpr (Several) padded[k].row_bytes = extent{body.width} * row[k].element_size;
    padded[k].step = moves ? 1 : row[k].step;
    padded[k].store = row[k].store && t != tail::write;
    if (!moves) continue;
    if (t == tail::read || t == tail::update) gather_lanes(room[k], place(k), row[k].step, row[k].element_size, lanes, body.width);
    if constexpr (Several)
      if (t == tail::read)
        for (int i = 1; i < rows; ++i) gather_lanes(room[k] + i * padded[k].row_bytes, place(k) + i * row[k].row_bytes, row[k].step, row[k].element_size, lanes, body.width);
    if (t == tail::add) std::memset(room[k], 0, 64);  // a register of floating-point numbers
  }
  body.run(padded, body.width, first, lanes, rows);
  for (int k = 0; k < body.slots; ++k) {
    const tail t = body.tails[k];
    if (row[k].data == nullptr) continue;
    if (t == tail::write || t == tail::update) scatter_lanes(place(k), row[k].step, room[k], row[k].element_size, lanes);
    if (t == tail::add) add_lanes(place(k), row[k].step, room[k], row[k].element_size, lanes, row[k].store);
  }
}

/// Runs the last elements of a row, from number `full` on, or of `rows` rows at once.
TESSERA_APART_ONCE void run_tail(const row_body& body, const slot* row, extent full, int lanes, extent first) { pad_and_run<false>(body, row, full, lanes, first, 1); }
TESSERA_APART_ONCE void run_tails(const row_body& body, const slot* row, extent full, int lanes, extent first, int rows) { pad_and_run<true>(body, row, full, lanes, first, rows); }

// A part of a row, from number `at` on, whose result goes through the caches.
inline void move(slot* to, const row_body& body, const slot* row, extent at) {
  for (int k = 0; k < body.slots; ++k) {
    to[k] = row[k];
    if (body.tails[k] != tail::none) to[k].data += at * row[k].step * row[k].element_size;
  }
  to[body.slots - 1].store = false;
}

/// Runs the full registers of a row whose results are not neighbours: they are written aside, some at a time.
TESSERA_APART_ONCE void run_scattered(const row_body& body, const slot* row, extent full, extent first) {
  alignas(64) char aside[8 * 64 * 8];
  const slot& out = row[body.slots - 1];
  slot moved[max_slots];
  for (extent start = 0, room = 8 * body.width; start < full; start += room) {
    const int some = static_cast<int>(full - start < room ? full - start : room);
    move(moved, body, row, start);
    const slot to = moved[body.slots - 1];
    moved[body.slots - 1].data = aside;
    moved[body.slots - 1].step = 1;
    body.run(moved, some, first + start, body.width, 1);
    scatter_lanes(to.data, out.step, aside, out.element_size, some);
  }
}

// Runs one row of n elements, or `rows` rows at once.
[[gnu::always_inline]] inline void run_row(const row_body& body, const slot* row, extent n, extent index, int rows) {
  const int lanes = static_cast<int>(n & (body.width - 1));
  const extent full = n - lanes;
  if (full != 0) {
    if (!body.maps) body.run(row, full, index, body.width, rows);
    else if (row[body.slots - 1].step == 1) return body.run(row, n, index, body.width, 1);
    else run_scattered(body, row, full, index);
  }
  if (lanes == 0) return;
  if (rows == 1) run_tail(body, row, full, lanes, index + full);
  else run_tails(body, row, full, lanes, index + full, rows);
}

// How many rows the kernel takes at once: one, unless all of them have the same last operand, and the same of each that does not move along a
// row, and no element is wider than a lane.
[[nodiscard]] inline int rows_together(const row_body& body, const slot* slots) {
  bool fits = slots[body.slots - 1].row_bytes == 0;
  for (int k = 0; k < body.slots; ++k) fits = fits && (body.tails[k] != tail::none ? body.width * slots[k].element_size <= 64 : slots[k].row_bytes == 0);
  return fits ? body.together : 1;
}

[[gnu::noinline]] inline void run_several_rows(const row_body& body, const slot* slots, extent n0, extent n1, extent index) {
  slot row[max_slots];
  for (int k = 0; k < body.slots; ++k) row[k] = slots[k];
  const int together = body.together == 1 ? 1 : rows_together(body, slots);
  for (extent i = 0; i < n0; i += together, index += together * n1) {
    run_row(body, row, n1, index, static_cast<int>(together < n0 - i ? together : n0 - i));
    for (int k = 0; k < body.slots; ++k)
      if (row[k].data != nullptr) row[k].data += together * row[k].row_bytes;
  }
}

/// Runs n0 rows of n1 elements; `index` is the number of the first element in row-major order of the whole space.
TESSERA_APART_ONCE void for_each_row(const row_body& body, const slot* slots, extent n0, extent n1, extent index) {
  if (n0 == 1) run_row(body, slots, n1, index, 1);
  else run_several_rows(body, slots, n0, n1, index);
  if (body.maps && slots[body.slots - 1].store) end_stream();
}

}  // namespace isa

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
