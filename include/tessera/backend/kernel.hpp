// SPDX-License-Identifier: BSL-1.0
#pragma once
// The kernels that a program is instantiated into: map (store every result), reduce (combine results into an output that
// does not move along some axes) and reverse (the fused backward sweep). Each works on a rectangle of n0 rows of n1
// elements; the rest of a row that fills no register runs through the same body on padded copies.

#include <tessera/backend/lanes.hpp>
#include <tessera/numeric/promotion.hpp>

#include <cstddef>

namespace tessera::backend {

/// Addition, as reductions and adjoints need it.
struct plain_sum {
  static constexpr bool sums = true;
  template <class X>
  TESSERA_INLINE static constexpr X combine(X a, X b) {
    return a + b;
  }
};

/// An operand as a kernel sees it: bytes from row to row, elements from one to the next within a row.
struct slot {
  char* data = nullptr;
  extent row_bytes = 0;
  extent step = 0;
  extent element_size = 1;
  bool store = false;  // of a place for an adjoint: nobody has written it, so that the sweep stores where it would add
};

/// Runs over n0 rows of n1 elements; `index` is the number of the first element in row-major order of the whole space.
using kernel = void (*)(const slot* slots, extent n0, extent n1, extent index);

inline namespace TESSERA_ARCH {

namespace isa {

/// Is source I loaded? The reverse sweep has no data for those it does not read.
template <class P, bool ForReverse, int I>
inline constexpr bool is_loaded = !ForReverse || P::read_in_reverse[I];

/// Loads the sources of the program for the lanes at offset j of a row.
template <class P, bool ForReverse, class V>
TESSERA_INLINE void load_sources(V* v, const V* splats, const slot* in, extent j, extent index) {
  P::for_each_source([&]<class S, int I>() {
    using E = typename S::element;
    if constexpr (!is_loaded<P, ForReverse, I>) return;
    else if constexpr (Generated<E>) v[I] = reinterpret_cast<const E*>(in[I].data)->template load<V>(index + j);
    else if constexpr (S::kind == access::unit) v[I] = load<V>(reinterpret_cast<const E*>(in[I].data) + j);
    else if constexpr (S::kind == access::splat) v[I] = splats[I];
    else v[I] = load<V>(reinterpret_cast<const E*>(in[I].data) + j * in[I].step, in[I].step);
  });
}

template <class P, bool ForReverse, class V>
TESSERA_INLINE void load_splats(V* splats, const slot* in) {
  P::for_each_source([&]<class S, int I>() {
    if constexpr (S::kind == access::splat && is_loaded<P, ForReverse, I> && !Generated<typename S::element>) splats[I] = V(static_cast<lane_t<V>>(*reinterpret_cast<const typename S::element*>(in[I].data)));
  });
}

/// Room for one register of every source.
template <class P, bool ForReverse, class V>
struct tail_tile {
  alignas(64) std::byte room[P::sources + 1][static_cast<std::size_t>(width<V>) * 8];

  /// Copies the last `lanes` elements of each source to the tile and lets `to` point there. The padding repeats the last
  /// element, so that it raises nothing the others do not.
  void fill(slot* to, const slot* in, extent from, int lanes) {
    P::for_each_source([&]<class S, int I>() {
      using E = typename S::element;
      to[I] = in[I];
      if constexpr (!Generated<E> && S::kind != access::splat && is_loaded<P, ForReverse, I>) {
        const E* source = reinterpret_cast<const E*>(in[I].data) + from * in[I].step;
        E* tile = reinterpret_cast<E*>(room[I]);
        for (int i = 0; i < width<V>; ++i) tile[i] = source[(i < lanes ? i : lanes - 1) * in[I].step];
        to[I].data = reinterpret_cast<char*>(tile);
        to[I].step = 1;
      }
    });
  }
};

/// Calls row(slots, n, index, lanes of the last register) for each row: once for the full registers, once for the rest.
template <class P, class V, int Slots, class Row>
TESSERA_INLINE void for_each_row(const slot* slots, extent n0, extent n1, extent index, Row&& row) {
  const extent full = n1 - n1 % width<V>;
  slot at[Slots];
  for (int k = 0; k < Slots; ++k) at[k] = slots[k];
  for (extent i = 0; i < n0; ++i) {
    row(at, full, n1, index + i * n1);
    for (int k = 0; k < Slots; ++k)
      if (at[k].data != nullptr) at[k].data += at[k].row_bytes;
  }
}

}  // namespace isa

/// Stores the program's result. Slots: the sources, then the output.
template <class P, class R>
struct map_rows {
  template <class V>
  static void run(const slot* slots, extent n0, extent n1, extent index);
};

template <class P, class R>
template <class V>
void map_rows<P, R>::run(const slot* slots, extent n0, extent n1, extent index) {
  constexpr int W = width<V>;
  const auto body = [](const slot* in, R* out, extent step, extent n, extent first) {
    V splats[P::sources + 1];
    isa::load_splats<P, false>(splats, in);
    for (extent j = 0; j < n; j += W) {
      V v[P::values];
      isa::load_sources<P, false>(v, splats, in, j, first);
      P::forward(v);
      store_lanes(out + j * step, v[P::values - 1], step);
    }
  };
  isa::for_each_row<P, V, P::sources + 1>(slots, n0, n1, index, [&](const slot* at, extent full, extent n, extent first) {
    const slot& out = at[P::sources];
    if (W == 1 || full != 0) body(at, reinterpret_cast<R*>(out.data), out.step, full, first);
    if (W == 1 || full == n) return;
    isa::tail_tile<P, false, V> tile;
    slot padded[P::sources + 1];
    R results[W];
    const int lanes = static_cast<int>(n - full);
    tile.fill(padded, at, full, lanes);
    body(padded, results, 1, W, first + full);
    for (int i = 0; i < lanes; ++i) reinterpret_cast<R*>(out.data)[(full + i) * out.step] = results[i];
  });
}

/// Combines the program's results into the output, which holds the combiner's identity or a partial result.
/// Slots: the sources, then the output, which does not move along the innermost axis where that is reduced (Inner).
template <class P, class Combine, bool Inner>
struct reduce_rows {
  template <class V>
  static void run(const slot* slots, extent n0, extent n1, extent index);
};

template <class P, class Combine, bool Inner>
template <class V>
void reduce_rows<P, Combine, Inner>::run(const slot* slots, extent n0, extent n1, extent index) {
  constexpr int W = width<V>;
  using T = lane_t<V>;
  using Wide = std::conditional_t<Combine::sums, accumulate_t<T>, T>;
  constexpr extent stretch = 4096;  // a register accumulates this many elements at most before it goes to the wide total
  const auto body = [](const slot* in, T* out, [[maybe_unused]] extent step, Wide& total, extent n, extent first, int lanes) {
    V splats[P::sources + 1];
    isa::load_splats<P, false>(splats, in);
    const auto value = [&](extent j) TESSERA_INLINE_LAMBDA {
      V v[P::values];
      isa::load_sources<P, false>(v, splats, in, j, first);
      P::forward(v);
      return v[P::values - 1];
    };
    if constexpr (Inner) {
      for (extent start = 0; start < n; start += stretch) {
        const extent stop = start + stretch < n ? start + stretch : n;
        V sum = value(start);
        for (extent j = start + W; j < stop; j += W) sum = Combine::combine(sum, value(j));
        total = Combine::combine(total, static_cast<Wide>(fold<Combine>(sum, lanes)));
      }
    } else {
      for (extent j = 0; j < n; j += W) store_lanes(out + j * step, Combine::combine(load<V>(out + j * step, step), value(j)), step);
    }
  };
  isa::for_each_row<P, V, P::sources + 1>(slots, n0, n1, index, [&](const slot* at, extent full, extent n, extent first) {
    T* out = reinterpret_cast<T*>(at[P::sources].data);
    Wide total = static_cast<Wide>(*out);
    const extent step = at[P::sources].step;
    if (full != 0) body(at, out, step, total, full, first, W);
    if (full != n) {
      isa::tail_tile<P, false, V> tile;
      slot padded[P::sources + 1];
      T partial[W];
      const int lanes = static_cast<int>(n - full);
      tile.fill(padded, at, full, lanes);
      if constexpr (!Inner)
        for (int i = 0; i < W; ++i) partial[i] = out[(full + (i < lanes ? i : lanes - 1)) * step];
      body(padded, partial, 1, total, W, first + full, lanes);
      if constexpr (!Inner)
        for (int i = 0; i < lanes; ++i) out[(full + i) * step] = partial[i];
    }
    if constexpr (Inner) *out = static_cast<T>(total);
  });
}

/// The fused backward sweep: recomputes what it reads, runs the program in reverse and writes each leaf's adjoint.
/// Slots: the sources, the seed (incoming adjoint), the kept result, then the place of each source's adjoint, which has the
/// source's own index map; null where nobody asks.
template <class P, bool SplatSeed>
struct reverse_rows {
  template <class V>
  static void run(const slot* slots, extent n0, extent n1, extent index);
};

template <class P, bool SplatSeed>
template <class V>
void reverse_rows<P, SplatSeed>::run(const slot* slots, extent n0, extent n1, extent index) {
  constexpr int W = width<V>;
  constexpr int L = P::sources;
  using T = lane_t<V>;
  const auto body = [](const slot* in, extent n, extent first, int lanes) {
    V splats[L + 1], sums[L + 1];
    isa::load_splats<P, true>(splats, in);
    for (int i = 0; i < L; ++i) sums[i] = V(T(0));
    const slot* out = in + L + 2;
    for (extent j = 0; j < n; j += W) {
      V v[P::values], a[P::values];
      isa::load_sources<P, true>(v, splats, in, j, first);
      P::template forward<true>(v);
      if constexpr (P::keeps_result) v[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L + 1].data) + j);
      if constexpr (SplatSeed) a[P::values - 1] = V(*reinterpret_cast<const T*>(in[L].data));
      else a[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L].data) + j);
      P::reverse(v, a);
      P::for_each_source([&]<class S, int I>() {
        if constexpr (P::active[I]) {
          using E = typename S::element;
          if (out[I].data == nullptr) return;
          if constexpr (S::kind == access::splat) {
            sums[I] = sums[I] + a[I];
          } else {
            const extent step = S::kind == access::unit ? 1 : out[I].step;
            if (S::kind == access::strided && step == 0) {  // a stretched view: all lanes meet in one element
              sums[I] = sums[I] + a[I];
              return;
            }
            E* place = reinterpret_cast<E*>(out[I].data) + j * step;
            store_lanes(place, out[I].store ? a[I] : load<V>(place, step) + a[I], step);
          }
        }
      });
    }
    P::for_each_source([&]<class S, int I>() {
      if constexpr (P::active[I] && S::kind != access::unit)
        if (out[I].data != nullptr && (S::kind == access::splat || out[I].step == 0)) *reinterpret_cast<typename S::element*>(out[I].data) += static_cast<typename S::element>(fold<plain_sum>(sums[I], lanes));
    });
  };
  isa::for_each_row<P, V, 2 * L + 2>(slots, n0, n1, index, [&](const slot* at, extent full, extent n, extent first) {
    if (W == 1 || full != 0) body(at, full, first, W);
    if (W == 1 || full == n) return;
    isa::tail_tile<P, true, V> tile;
    alignas(64) std::byte seeds[W * sizeof(T)], results[W * sizeof(T)], places[L + 1][W * 8];
    slot padded[2 * L + 2];
    const int lanes = static_cast<int>(n - full);
    tile.fill(padded, at, full, lanes);
    padded[L] = at[L];
    padded[L + 1] = at[L + 1];
    const auto pad = [&](int k, std::byte* room) {
      T* to = reinterpret_cast<T*>(room);
      const T* from = reinterpret_cast<const T*>(at[k].data) + full;
      for (int i = 0; i < W; ++i) to[i] = from[i < lanes ? i : lanes - 1];
      padded[k].data = reinterpret_cast<char*>(room);
    };
    if constexpr (!SplatSeed) pad(L, seeds);
    if constexpr (P::keeps_result) pad(L + 1, results);
    P::for_each_source([&]<class S, int I>() {
      using E = typename S::element;
      padded[L + 2 + I] = at[L + 2 + I];
      if constexpr (P::active[I] && S::kind != access::splat)
        if (at[L + 2 + I].data != nullptr) {
          E* to = reinterpret_cast<E*>(places[I]);
          for (int i = 0; i < W; ++i) to[i] = E(0);
          padded[L + 2 + I].data = reinterpret_cast<char*>(to);
          padded[L + 2 + I].step = 1;
        }
    });
    body(padded, W, first + full, lanes);
    P::for_each_source([&]<class S, int I>() {
      using E = typename S::element;
      if constexpr (P::active[I] && S::kind != access::splat)
        if (at[L + 2 + I].data != nullptr) {
          const E* from = reinterpret_cast<const E*>(places[I]);
          const extent step = S::kind == access::unit ? 1 : at[L + 2 + I].step;
          E* to = reinterpret_cast<E*>(at[L + 2 + I].data) + full * step;
          for (int i = 0; i < lanes; ++i) to[i * step] = at[L + 2 + I].store ? from[i] : static_cast<E>(to[i * step] + from[i]);
        }
    });
  });
}

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
