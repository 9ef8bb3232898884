// SPDX-License-Identifier: BSL-1.0
#pragma once
// The kernels that a program is instantiated into: map (store every result), reduce (combine results into an output that
// does not move along some axes) and reverse (the fused backward sweep). Each works on a rectangle of n0 rows of n1
// elements through the loop of row_loop.hpp; here is what each does with the registers of a row.

#include <tessera/backend/combine.hpp>
#include <tessera/backend/lanes.hpp>
#include <tessera/backend/plan.hpp>
#include <tessera/backend/row_loop.hpp>
#include <tessera/backend/items/elementwise.hpp>
#include <tessera/backend/items/reverse.hpp>
#include <tessera/numeric/promotion.hpp>

#include <array>
#include <type_traits>

namespace tessera::backend {

/// Runs over a whole nest item by item; `stores` and `split` as in the driver's run.
using item_kernel = void (*)(const plan& p, const bool* stores, bool split);

/// A kernel over a program, in the form that the selected backend takes: the other is null.
struct kernel {
  const row_body* rows;
  item_kernel items;
};

inline namespace TESSERA_ARCH {

namespace isa {

/// Is source I loaded? The reverse sweep has no data for those it does not read.
template <class P, bool ForReverse, int I>
inline constexpr bool is_loaded = !ForReverse || P::template is_read_in_reverse<I>;

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

/// Is the loop over a program so short that two registers in each turn save more time than they cost code?
template <class P, class V, class R>
inline constexpr bool is_short = width<V> > 1 && std::is_same_v<lane_t<V>, R> && P::steps <= 8 && P::is_light;

/// What the row loop does with the sources of a program.
template <class P, bool ForReverse, std::size_t N>
constexpr void set_tails(std::array<tail, N>& tails) {
  for (std::size_t i = 0; i < P::sources; ++i)
    if (!P::generated[i] && P::kinds[i] != access::splat && (!ForReverse || P::read_in_reverse[i])) tails[i] = tail::read;
}

}  // namespace isa

/// Stores the program's result. Slots: the sources, then the output. Where the row fills no whole number of registers, the last
/// elements are computed first, a register of them, and stored last: an operand that is overwritten has been read by then.
template <class P, class R>
struct map_rows {
#if TESSERA_RUNS_ITEMS
  static void run_items(const plan& p, const bool*, bool) { items::run_map<P, R>(p); }
#endif

 private:
  static constexpr auto tails = [] {
    std::array<tail, P::sources + 1> t{};
    isa::set_tails<P, false>(t);
    t[P::sources] = tail::write;
    return t;
  }();
  template <class V>
  static void row(const slot* slots, extent n, extent first, int, int) {
    slot in[P::sources + 1];  // copies stay in registers: for all the compiler knows, a store of lanes might change slots
    P::for_each_source([&]<class S, int I>() { in[I].data = slots[I].data, in[I].step = slots[I].step; });
    R* out = reinterpret_cast<R*>(slots[P::sources].data);
    V splats[P::sources + 1];
    isa::load_splats<P, false>(splats, in);
    constexpr extent W = width<V>;
    const extent full = n & -W;
    const auto value = [&](extent j) TESSERA_INLINE_LAMBDA {
      V v[P::values];
      isa::load_sources<P, false>(v, splats, in, j, first);
      P::forward(v);
      return v[P::values - 1];
    };
    const bool streams = slots[P::sources].store;
    bool rest = n != full, aside = streams || rest;
    V last = V(lane_t<V>(0));
    extent j = 0;
    if constexpr (isa::is_short<P, V, R>)
      if (!streams) [[likely]] {
        if (rest) last = value(n - W);
        for (; j + W < full; j += 2 * W) {
          const V a = value(j), b = value(j + W);
          store_lanes(out + j, a);
          store_lanes(out + j + W, b);
        }
        if (j != full) store_lanes(out + j, value(j));
        if (rest) store_lanes(out + n - W, last);
        return;
      }
    j = rest ? n - W : 0;
    do {
      const V x = value(j);
      if (!aside) [[likely]] store_lanes(out + j, x);
      else if (!rest) stream_lanes(out + j, x);
      else last = x, rest = false, aside = streams, j = -W;
    } while ((j += W) < full);
    if (full != n) store_lanes(out + n - W, last);
  }

 public:
  template <class V>
  static constexpr row_body body{&row<V>, tails.data(), P::sources + 1, width<V>, true, 1};
};

/// Combines the program's results into the output, which holds the combiner's identity or a partial result.
/// Slots: the sources, then the output, which does not move along the innermost axis where that is reduced (Inner).
template <class P, class Combine, bool Inner>
struct reduce_rows {
#if TESSERA_RUNS_ITEMS
  static void run_items(const plan& p, const bool*, bool) { items::run_reduce<P, Combine>(p); }
#endif

 private:
  // Rows that are added to the sums at once. (What is generated depends on the number of the element, which is of one row.)
  static constexpr int together = [] {
    bool generates = Inner;
    for (const bool g : P::generated) generates = generates || g;
    return generates ? 1 : 8;
  }();
  static constexpr extent stretch = 4096;  // a register accumulates this many elements at most before it goes to the wide total
  static constexpr auto tails = [] {
    std::array<tail, P::sources + 1> t{};
    isa::set_tails<P, false>(t);
    if (!Inner) t[P::sources] = tail::update;
    return t;
  }();
  template <class V>
  static void row(const slot* in, extent n, extent first, [[maybe_unused]] int lanes, [[maybe_unused]] int rows) {
    constexpr int W = width<V>;
    using T = lane_t<V>;
    T* out = reinterpret_cast<T*>(in[P::sources].data);
    V splats[P::sources + 1];
    isa::load_splats<P, false>(splats, in);
    const auto value = [&](extent j, const slot* of_row) TESSERA_INLINE_LAMBDA {
      V v[P::values];
      isa::load_sources<P, false>(v, splats, of_row, j, first);
      P::forward(v);
      return v[P::values - 1];
    };
    if constexpr (Inner) {
      using Wide = std::conditional_t<Combine::sums, accumulate_t<T>, T>;
      Wide total = static_cast<Wide>(*out);
      for (extent start = 0; start < n; start += stretch) {
        const extent stop = start + stretch < n ? start + stretch : n;
        V sum = value(start, in);
        for (extent j = start + W; j < stop; j += W) sum = Combine::combine(sum, value(j, in));
        total = Combine::combine(total, static_cast<Wide>(fold<Combine>(sum, lanes)));
      }
      *out = static_cast<T>(total);
    } else {
      const extent step = in[P::sources].step;
      for (extent j = 0; j < n; j += W) {
        V sum = load<V>(out + j * step, step);
        slot at[P::sources + 1];
        P::for_each_source([&]<class S, int I>() { at[I].data = in[I].data, at[I].step = in[I].step; });
        for (int i = rows;;) {
          sum = Combine::combine(sum, value(j, at));
          if (--i == 0) break;
          P::for_each_source([&]<class S, int I>() {
            if constexpr (S::kind != access::splat) at[I].data += in[I].row_bytes;
          });
        }
        store_lanes(out + j * step, sum, step);
      }
    }
  }

 public:
  template <class V>
  static constexpr row_body body{&row<V>, tails.data(), P::sources + 1, width<V>, false, together};
};

/// The fused backward sweep: recomputes what it reads, runs the program in reverse and writes each leaf's adjoint.
/// Slots: the sources, the seed (incoming adjoint), the kept result, then the place of each source's adjoint, which has the
/// source's own index map; null where nobody asks.
template <class P, bool SplatSeed>
struct reverse_rows {
#if TESSERA_RUNS_ITEMS
  static void run_items(const plan& p, const bool* stores, bool) { items::run_reverse<P>(p, stores); }
#endif

 private:
  static constexpr int L = P::sources;
  static constexpr auto tails = [] {
    std::array<tail, 2 * L + 2> t{};
    isa::set_tails<P, true>(t);
    if (!SplatSeed) t[L] = tail::read;
    if (P::keeps_result) t[L + 1] = tail::read;
    for (std::size_t i = 0; i < L; ++i)
      if (P::active[i] && P::kinds[i] != access::splat) t[L + 2 + i] = tail::add;
    return t;
  }();
  template <class V>
  static void row(const slot* in, extent n, extent first, int lanes, int) {
    using T = lane_t<V>;
    V splats[L + 1], sums[L + 1];
    isa::load_splats<P, true>(splats, in);
    for (int i = 0; i < L; ++i) sums[i] = V(T(0));
    const slot* out = in + L + 2;
    for (extent j = 0; j < n; j += width<V>) {
      V v[P::values], a[P::values];
      isa::load_sources<P, true>(v, splats, in, j, first);
      P::template forward<true>(v);
      if constexpr (P::keeps_result) v[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L + 1].data) + j);
      if constexpr (SplatSeed) a[P::values - 1] = V(*reinterpret_cast<const T*>(in[L].data));
      else a[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L].data) + j);
      P::reverse(v, a);
      P::for_each_source([&]<class S, int I>() {
        if constexpr (P::template is_active<I>) {
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
      if constexpr (P::template is_active<I> && S::kind != access::unit)
        if (out[I].data != nullptr && (S::kind == access::splat || out[I].step == 0)) *reinterpret_cast<typename S::element*>(out[I].data) += static_cast<typename S::element>(fold<plain_sum>(sums[I], lanes));
    });
  }

 public:
  template <class V>
  static constexpr row_body body{&row<V>, tails.data(), 2 * L + 2, width<V>, false, 1};
};

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
