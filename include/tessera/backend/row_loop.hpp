// SPDX-License-Identifier: BSL-1.0
#pragma once
// The loop over the rows of a rectangle, once for all kernels: a row's full registers run in place, the rest of it through
// the same body on copies that fill a register. Nothing here is a template.

#include <tessera/backend/stream.hpp>
#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace tessera::backend {

/// An operand as a kernel sees it: bytes from row to row, elements from one to the next within a row.
struct slot {
  char* data;
  extent row_bytes;
  extent step;
  extent element_size;
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
/// multiple of the width and `lanes` the width, or n is the width and only the first `lanes` elements count.
struct row_body {
  void (*run)(const slot* slots, extent n, extent first, int lanes);
  const tail* tails;
  int slots;
  int width;
  bool maps;  // it writes the last operand from the others alone: where they are apart an element may be computed twice
};

inline namespace TESSERA_ARCH {

namespace isa {

// From one stride to another, `width` elements, of which those behind the first `lanes` repeat the last: so the padding
// raises nothing that the others do not.
inline void copy_lanes(char* to, extent to_step, const char* from, extent from_step, extent element_size, int lanes, int width) {
  const auto copy = [&](auto size) {
    for (int i = 0; i < width; ++i) std::memcpy(to + i * to_step * size(), from + (i < lanes ? i : lanes - 1) * from_step * size(), size());
  };
  if (element_size == 4) copy(std::integral_constant<extent, 4>{});
  else if (element_size == 8) copy(std::integral_constant<extent, 8>{});
  else copy(std::integral_constant<extent, 1>{});
}

// Adjoints are floating-point.
inline void add_lanes(char* to, extent step, const char* from, extent element_size, int lanes, bool store) {
  const auto add = [&](auto zero) {
    using T = decltype(zero);
    for (int i = 0; i < lanes; ++i) {
      T* place = reinterpret_cast<T*>(to) + i * step;
      const T part = reinterpret_cast<const T*>(from)[i];
      *place = store ? part : *place + part;
    }
  };
  if (element_size == 4) add(0.0F);
  else add(0.0);
}

/// Runs the last elements of a row, from number `full` on.
[[gnu::noinline]] inline void run_tail(const row_body& body, const slot* row, extent full, int lanes, extent first) {
  slot padded[max_slots];
  alignas(64) char room[max_slots][64 * 8];  // the most lanes of the widest element
  const auto place = [&](int k) { return row[k].data + full * row[k].step * row[k].element_size; };
  for (int k = 0; k < body.slots; ++k) {
    padded[k] = row[k];
    const tail t = body.tails[k];
    if (t == tail::none || row[k].data == nullptr) continue;
    if (t == tail::read || t == tail::update) copy_lanes(room[k], 1, place(k), row[k].step, row[k].element_size, lanes, body.width);
    if (t == tail::add) std::memset(room[k], 0, static_cast<std::size_t>(body.width * row[k].element_size));
    padded[k].data = room[k];
    padded[k].step = 1;
    if (t == tail::write) padded[k].store = false;
  }
  body.run(padded, body.width, first, lanes);
  for (int k = 0; k < body.slots; ++k) {
    const tail t = body.tails[k];
    if (row[k].data == nullptr) continue;
    if (t == tail::write || t == tail::update) copy_lanes(place(k), row[k].step, room[k], 1, row[k].element_size, lanes, lanes);
    if (t == tail::add) add_lanes(place(k), row[k].step, room[k], row[k].element_size, lanes, row[k].store);
  }
}

// A part of a row, from number `at` on, whose result goes through the caches.
inline void move(slot* to, const row_body& body, const slot* row, extent at) {
  for (int k = 0; k < body.slots; ++k) {
    to[k] = row[k];
    if (body.tails[k] != tail::none) to[k].data += at * row[k].step * row[k].element_size;
  }
  to[body.slots - 1].store = false;
}

// Do n elements of the output share no memory with what they are computed from?
[[nodiscard]] inline bool is_apart(const row_body& body, const slot* row, extent n) {
  const slot& out = row[body.slots - 1];
  const auto end = [n](const slot& s) { return s.data + (n - 1) * s.step * s.element_size + s.element_size; };
  for (int k = 0; k < body.slots - 1; ++k)
    if (body.tails[k] != tail::none && (row[k].step < 0 || (end(row[k]) > out.data && end(out) > row[k].data))) return false;
  return true;
}

/// Runs the full registers of a row whose results are not neighbours: they are written aside, some at a time.
[[gnu::noinline]] inline void run_scattered(const row_body& body, const slot* row, extent full, extent first) {
  alignas(64) char aside[8 * 64 * 8];
  const slot& out = row[body.slots - 1];
  slot moved[max_slots];
  for (extent start = 0, room = 8 * body.width; start < full; start += room) {
    const int some = static_cast<int>(full - start < room ? full - start : room);
    move(moved, body, row, start);
    const slot to = moved[body.slots - 1];
    moved[body.slots - 1].data = aside;
    moved[body.slots - 1].step = 1;
    body.run(moved, some, first + start, body.width);
    copy_lanes(to.data, out.step, aside, 1, out.element_size, some, some);
  }
}

/// Runs n0 rows of n1 elements; `index` is the number of the first element in row-major order of the whole space.
[[gnu::noinline]] inline void for_each_row(const row_body& body, const slot* slots, extent n0, extent n1, extent index) {
  const int lanes = static_cast<int>(n1 % body.width);
  const extent full = n1 - lanes;
  const bool scatters = body.maps && slots[body.slots - 1].step != 1;
  slot moving[max_slots];
  const slot* row = slots;
  if (n0 > 1) {
    for (int k = 0; k < body.slots; ++k) moving[k] = slots[k];
    row = moving;
  }
  for (extent i = 0; i < n0; ++i, index += n1) {
    if (full != 0) {
      if (scatters) run_scattered(body, row, full, index);
      else body.run(row, full, index, body.width);
    }
    if (lanes != 0) {
      if (full != 0 && body.maps && !scatters && is_apart(body, row, n1)) {  // the last register, some of it once more
        slot last[max_slots];
        move(last, body, row, n1 - body.width);
        body.run(last, body.width, index + n1 - body.width, body.width);
      } else {
        run_tail(body, row, full, lanes, index + full);
      }
    }
    if (n0 > 1)
      for (int k = 0; k < body.slots; ++k)
        if (moving[k].data != nullptr) moving[k].data += moving[k].row_bytes;
  }
  if (body.maps && slots[body.slots - 1].store) end_stream();
}

}  // namespace isa

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
