// SPDX-License-Identifier: BSL-1.0
#pragma once
// The steps of an LSTM layer over one part of the batch: a matrix product and one pass over the gates for each step, forward and
// backward. Rows of a batch do not meet, so that parts run beside each other from the first step to the last.

#include <tessera/backend/repeated.hpp>
#include <tessera/backend/rows.hpp>

#include <algorithm>

#include <tessera/backend/items/cudnn_lstm.hpp>
#include <tessera/backend/items/lstm.hpp>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

/// What both directions of computation share. Sequences are [steps, batch, ...], row-major.
struct lstm_extents {
  extent steps, batch, hidden;
  bool reverse;  // is the last step the first?

  /// The place in the sequence of the step that is taken as number s.
  [[nodiscard]] extent place(extent s) const { return reverse ? steps - 1 - s : s; }
  /// The offset of a row in a sequence whose rows have this many elements.
  [[nodiscard]] extent row(extent place, extent first, extent elements) const { return (place * batch + first) * elements; }
};

template <std::floating_point T>
struct lstm_forward {
  lstm_extents at;
  const T *weight, *h0, *c0;  // weight [4 hidden, hidden]; states [batch, hidden], null for zeros
  T *gates, *cells, *outputs;  // gates: what the inputs give, which becomes i, f, g and o
};

template <std::floating_point T>
struct lstm_backward {
  lstm_extents at;
  const T *weight, *c0, *gates, *cells;
  const T* g;           // [steps + 1, batch, hidden]: of the outputs, then of the last cells
  T *dgates, *dc, *dh;  // dc, dh: of the first states; dh null where nobody asks
};

namespace isa {

/// Calls step(offset, lanes, inputs) for each register of a row, with inputs = read(offset, lanes). The last register overlaps the
/// one before; what it reads is read before anything is written, because a step writes where it has read.
TESSERA_CALLS_ANYTHING
template <class V, class Read, class Step>
TESSERA_INLINE void for_overlapping(extent n, Read&& read, Step&& step) {
  constexpr extent W = width<V>;
  if (n < W) return step(extent{0}, static_cast<int>(n), read(extent{0}, static_cast<int>(n)));
  const auto last = read(n - W, static_cast<int>(W));
  for (extent j = 0; j + W <= n; j += W) step(j, static_cast<int>(W), read(j, static_cast<int>(W)));
  if (n % W != 0) step(n - W, static_cast<int>(W), last);
}

template <class V, class T>
[[nodiscard]] TESSERA_INLINE V read_or_zero(const T* from, extent j, int lanes) {
  return from == nullptr ? V(T(0)) : load_part<V>(from + j, lanes, T(0));
}

template <class V>
[[nodiscard]] TESSERA_INLINE V sigmoid(V x) {
  const V one(lane_t<V>(1));
  return V(one / (one + lane::exp(V(-x))));
}

/// One row of one step: i, f, o = σ(...), g = tanh(...), c = f·c' + i·g, h = o·tanh(c). `recurrent` is the part of the state before.
template <class V, class T>
void lstm_gates(extent n, T* gates, const T* recurrent, const T* c_before, T* c, T* h) {
  struct inputs {
    V i, f, g, o, c;
  };
  for_overlapping<V>(
      n,
      [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
        const auto gate = [&](extent k) TESSERA_INLINE_LAMBDA {
          const V own = load_part<V>(gates + k * n + j, lanes, T(0));
          return recurrent == nullptr ? own : V(own + load_part<V>(recurrent + k * n + j, lanes, T(0)));
        };
        return inputs{gate(0), gate(1), gate(2), gate(3), read_or_zero<V>(c_before, j, lanes)};
      },
      [&](extent j, int lanes, const inputs& in) TESSERA_INLINE_LAMBDA {
        const V i = sigmoid(in.i), f = sigmoid(in.f), g = lane::tanh(in.g), o = sigmoid(in.o);
        const V cell = V(f * in.c + i * g);
        store_part(gates + j, i, lanes);
        store_part(gates + n + j, f, lanes);
        store_part(gates + 2 * n + j, g, lanes);
        store_part(gates + 3 * n + j, o, lanes);
        store_part(c + j, cell, lanes);
        store_part(h + j, V(o * lane::tanh(cell)), lanes);
      });
}

/// One row of one step backwards. dc holds the adjoint of c that comes from the step after and becomes that of c'.
template <class V, class T>
void lstm_gate_gradients(extent n, const T* gates, const T* c, const T* c_before, const T* g, const T* recurrent, T* dc, T* dgates) {
  for_overlapping<V>(
      n, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { return load_part<V>(dc + j, lanes, T(0)); },
      [&](extent j, int lanes, const V& later) TESSERA_INLINE_LAMBDA {
        const V one(T(1));
        const auto gate = [&](extent k) TESSERA_INLINE_LAMBDA { return load_part<V>(gates + k * n + j, lanes, T(0)); };
        const V i = gate(0), f = gate(1), u = gate(2), o = gate(3), t = lane::tanh(load_part<V>(c + j, lanes, T(0)));
        const V dh = V(load_part<V>(g + j, lanes, T(0)) + read_or_zero<V>(recurrent, j, lanes));
        const V d = V(later + dh * o * (one - t * t));
        store_part(dgates + j, V(d * u * i * (one - i)), lanes);
        store_part(dgates + n + j, V(d * read_or_zero<V>(c_before, j, lanes) * f * (one - f)), lanes);
        store_part(dgates + 2 * n + j, V(d * i * (one - u * u)), lanes);
        store_part(dgates + 3 * n + j, V(dh * t * o * (one - o)), lanes);
        store_part(dc + j, V(d * f), lanes);
      });
}

/// The rows of a batch that one task takes: all where there is little to do. It depends on the extents only.
[[nodiscard]] inline extent lstm_part(const lstm_extents& at) {
  const extent work = at.batch * at.steps * at.hidden * at.hidden * 4;
  if (work < (extent{1} << 22) || at.batch < 16) return at.batch;
  return at.batch >= 96 ? 48 : (at.batch + 1) / 2;
}

}  // namespace isa

#if TESSERA_RUNS_ITEMS
namespace isa {

template <class T>
void run_lstm_items(const lstm_forward<T>& a) {
  const extent n = a.at.hidden, batch = a.at.batch;
  const T *h = a.h0, *c = a.c0;
  for (extent s = 0; s < a.at.steps; ++s) {
    const extent place = a.at.place(s);
    T *gates = a.gates + a.at.row(place, 0, 4 * n), *cells = a.cells + a.at.row(place, 0, n), *outputs = a.outputs + a.at.row(place, 0, n);
    if (h != nullptr) gemm<T>(batch, 4 * n, n, {h, n, 1}, {a.weight, 1, n}, gates, 4 * n, true);
    launch(batch * n, 200, items::lstm_gates<T>{n, gates, c, cells, outputs});
    h = outputs;
    c = cells;
  }
}

template <class T>
void run_lstm_items(const lstm_backward<T>& a) {
  const extent n = a.at.hidden, batch = a.at.batch;
  const block room(static_cast<std::size_t>(batch * n) * sizeof(T));
  T* const recurrent = static_cast<T*>(room.data());
  launch(batch * n, 1, items::copy_of<T>{a.g + a.at.row(a.at.steps, 0, n), a.dc});
  for (extent s = a.at.steps - 1; s >= 0; --s) {
    const extent place = a.at.place(s);
    const T* before = s > 0 ? a.cells + a.at.row(a.at.place(s - 1), 0, n) : a.c0;
    T* const dgates = a.dgates + a.at.row(place, 0, 4 * n);
    launch(batch * n, 100, items::lstm_gate_gradients<T>{n, a.gates + a.at.row(place, 0, 4 * n), a.cells + a.at.row(place, 0, n), before, a.g + a.at.row(place, 0, n),
                                                         s + 1 == a.at.steps ? nullptr : recurrent, a.dc, dgates});
    if (s > 0 || a.dh != nullptr) gemm<T>(batch, n, 4 * n, {dgates, 4 * n, 1}, {a.weight, n, 1}, s > 0 ? recurrent : a.dh, n, false);
  }
}

}  // namespace isa
#endif

template <std::floating_point T>
void run_lstm(const lstm_forward<T>& a) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return isa::run_lstm_items(a);
#endif
  with_register<T>([&]<class V>() {
    const extent n = a.at.hidden, part = isa::lstm_part(a.at);
    const repeated<V> weight(part, n, 4 * n, {a.weight, 1, n});
    const extent across = weight.across();
    parallel_for(a.at.batch, part, [&](extent begin, extent end) {
      const scratch<T> recurrent((end - begin) * across);
      const T *h = a.h0 == nullptr ? nullptr : a.h0 + begin * n, *c = a.c0 == nullptr ? nullptr : a.c0 + begin * n;
      for (extent s = 0; s < a.at.steps; ++s) {
        const extent place = a.at.place(s);
        if (h != nullptr) weight.multiply(end - begin, h, recurrent.data());
        T *gates = a.gates + a.at.row(place, begin, 4 * n), *cells = a.cells + a.at.row(place, begin, n), *outputs = a.outputs + a.at.row(place, begin, n);
        for (extent i = 0; i < end - begin; ++i)
          isa::lstm_gates<V>(n, gates + i * 4 * n, h == nullptr ? nullptr : recurrent.data() + i * across, c == nullptr ? nullptr : c + i * n, cells + i * n, outputs + i * n);
        h = outputs;
        c = cells;
      }
    });
  });
}

template <std::floating_point T>
void run_lstm(const lstm_backward<T>& a) {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return isa::run_lstm_items(a);
#endif
  with_register<T>([&]<class V>() {
    const extent n = a.at.hidden, part = isa::lstm_part(a.at);
    const repeated<V> weight(part, 4 * n, n, {a.weight, n, 1});
    const extent across = weight.across();
    parallel_for(a.at.batch, part, [&](extent begin, extent end) {
      const scratch<T> recurrent((end - begin) * across);
      T* dc = a.dc + begin * n;
      std::copy_n(a.g + a.at.row(a.at.steps, begin, n), (end - begin) * n, dc);
      for (extent s = a.at.steps - 1; s >= 0; --s) {
        const extent place = a.at.place(s);
        const T* before = s > 0 ? a.cells + a.at.row(a.at.place(s - 1), begin, n) : a.c0 == nullptr ? nullptr : a.c0 + begin * n;
        const T *gates = a.gates + a.at.row(place, begin, 4 * n), *cells = a.cells + a.at.row(place, begin, n), *g = a.g + a.at.row(place, begin, n);
        T* dgates = a.dgates + a.at.row(place, begin, 4 * n);
        for (extent i = 0; i < end - begin; ++i)
          isa::lstm_gate_gradients<V>(n, gates + i * 4 * n, cells + i * n, before == nullptr ? nullptr : before + i * n, g + i * n,
                                         s + 1 == a.at.steps ? nullptr : recurrent.data() + i * across, dc + i * n, dgates + i * 4 * n);
        if (s > 0 || a.dh != nullptr) weight.multiply(end - begin, dgates, recurrent.data());
      }
      for (extent i = 0; a.dh != nullptr && i < end - begin; ++i) std::copy_n(recurrent.data() + i * across, n, a.dh + (begin + i) * n);
    });
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
