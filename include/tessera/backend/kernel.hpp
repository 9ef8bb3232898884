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

// What a kernel does with one source, for all programs.

template <class Source, bool Wanted, class V>
TESSERA_INLINE void load_source([[maybe_unused]] V& v, [[maybe_unused]] const V& splat, [[maybe_unused]] const slot& in, [[maybe_unused]] extent j, [[maybe_unused]] extent index) {
  using E = typename Source::element;
  if constexpr (!Wanted) return;
  else if constexpr (Generated<E>) v = reinterpret_cast<const E*>(in.data)->template load<V>(index + j);
  else if constexpr (Source::kind == access::unit) v = load<V>(reinterpret_cast<const E*>(in.data) + j);
  else if constexpr (Source::kind == access::splat) v = splat;
  else v = load<V>(reinterpret_cast<const E*>(in.data) + j * in.step, in.step);
}

template <class Source, bool Wanted, class V>
TESSERA_INLINE void load_splat([[maybe_unused]] V& splat, [[maybe_unused]] const slot& in) {
  using E = typename Source::element;
  if constexpr (Wanted && Source::kind == access::splat && !Generated<E>) splat = V(static_cast<lane_t<V>>(*reinterpret_cast<const E*>(in.data)));
}

/// Adds a register of adjoints to their places, or to `sum` where these are one element.
template <class Source, bool Wanted, class V>
TESSERA_INLINE void put_adjoint([[maybe_unused]] const V& a, [[maybe_unused]] V& sum, [[maybe_unused]] const slot& out, [[maybe_unused]] extent j) {
  if constexpr (Wanted) {
    using E = typename Source::element;
    if (out.data == nullptr) return;
    if constexpr (Source::kind == access::splat) {
      sum = sum + a;
    } else {
      const extent step = Source::kind == access::unit ? 1 : out.step;
      if (Source::kind == access::strided && step == 0) {  // a stretched view: all lanes meet in one element
        sum = sum + a;
        return;
      }
      E* place = reinterpret_cast<E*>(out.data) + j * step;
      store_lanes(place, out.store ? a : load<V>(place, step) + a, step);
    }
  }
}
template <class Source, bool Wanted, class V>
TESSERA_INLINE void put_sum([[maybe_unused]] const V& sum, [[maybe_unused]] const slot& out, [[maybe_unused]] int lanes) {
  using E = typename Source::element;
  if constexpr (Wanted && Source::kind != access::unit)
    if (out.data != nullptr && (Source::kind == access::splat || out.step == 0)) *reinterpret_cast<E*>(out.data) += static_cast<E>(fold<plain_sum>(sum, lanes));
}

/// What a kernel does with the sources of a program. The reverse sweep has no data for those it does not read.
template <class P>
struct sources_of;
template <class T, class... Source, class Steps>
struct sources_of<program<T, type_list<Source...>, Steps>> {
  using P = program<T, type_list<Source...>, Steps>;
  static constexpr std::make_integer_sequence<int, P::sources> all{};

  /// Loads those for the lanes at offset j of a row.
  template <bool ForReverse, class V, int... I>
  TESSERA_INLINE static void load([[maybe_unused]] V* v, [[maybe_unused]] const V* splats, [[maybe_unused]] const slot* in, [[maybe_unused]] extent j, [[maybe_unused]] extent index, std::integer_sequence<int, I...>) {
    (load_source<Source, !ForReverse || P::template is_read_in_reverse<I>>(v[I], splats[I], in[I], j, index), ...);
  }
  template <bool ForReverse, class V, int... I>
  TESSERA_INLINE static void load_splats([[maybe_unused]] V* splats, [[maybe_unused]] const slot* in, std::integer_sequence<int, I...>) {
    (load_splat<Source, !ForReverse || P::template is_read_in_reverse<I>>(splats[I], in[I]), ...);
  }
  /// Copies what a kernel reads of the slots.
  template <int... I>
  TESSERA_INLINE static void copy([[maybe_unused]] slot* to, [[maybe_unused]] const slot* from, std::integer_sequence<int, I...>) {
    ((to[I].data = from[I].data, to[I].step = from[I].step), ...);
  }
  /// To the same elements of the next row.
  template <int... I>
  TESSERA_INLINE static void move_on([[maybe_unused]] slot* at, [[maybe_unused]] const slot* rows, std::integer_sequence<int, I...>) {
    ((Source::kind == access::splat ? void() : void(at[I].data += rows[I].row_bytes)), ...);
  }
  template <class V, int... I>
  TESSERA_INLINE static void put_adjoints([[maybe_unused]] const V* a, [[maybe_unused]] V* sums, [[maybe_unused]] const slot* out, [[maybe_unused]] extent j, std::integer_sequence<int, I...>) {
    (put_adjoint<Source, P::template is_active<I>>(a[I], sums[I], out[I], j), ...);
  }
  template <class V, int... I>
  TESSERA_INLINE static void put_sums([[maybe_unused]] const V* sums, [[maybe_unused]] const slot* out, [[maybe_unused]] int lanes, std::integer_sequence<int, I...>) {
    (put_sum<Source, P::template is_active<I>>(sums[I], out[I], lanes), ...);
  }
};

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
  using sources = isa::sources_of<P>;
  static constexpr auto tails = [] {
    std::array<tail, P::sources + 1> t{};
    isa::set_tails<P, false>(t);
    t[P::sources] = tail::write;
    return t;
  }();
  template <class V>
  static void row(const slot* slots, extent n, extent first, int, int) {
    slot in[P::sources + 1];  // copies stay in registers: for all the compiler knows, a store of lanes might change slots
    sources::copy(in, slots, sources::all);
    R* out = reinterpret_cast<R*>(slots[P::sources].data);
    V splats[P::sources + 1];
    sources::template load_splats<false>(splats, in, sources::all);
    constexpr extent W = width<V>;
    const extent full = n & -W;
    const auto value = [&](extent j) TESSERA_INLINE_LAMBDA {
      V v[P::values];
      sources::template load<false>(v, splats, in, j, first, sources::all);
      P::forward(v);
      return v[P::values - 1];
    };
    const bool streams = slots[P::sources].store;
    bool rest = n != full, aside = streams || rest;
    V last = V(lane_t<V>(0));
    extent j = rest ? n - W : 0;
    do {
      if constexpr (isa::is_short<P, V, R>)
        if (!aside) [[likely]] {
          for (; j + W < full; j += 2 * W) {
            const V a = value(j), b = value(j + W);
            store_lanes(out + j, a);
            store_lanes(out + j + W, b);
          }
          if (j == full) break;
        }
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
  using sources = isa::sources_of<P>;
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
    sources::template load_splats<false>(splats, in, sources::all);
    const auto value = [&](extent j, const slot* of_row) TESSERA_INLINE_LAMBDA {
      V v[P::values];
      sources::template load<false>(v, splats, of_row, j, first, sources::all);
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
        sources::copy(at, in, sources::all);
        for (int i = rows;;) {
          sum = Combine::combine(sum, value(j, at));
          if (--i == 0) break;
          sources::move_on(at, in, sources::all);
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
  using sources = isa::sources_of<P>;
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
    sources::template load_splats<true>(splats, in, sources::all);
    for (int i = 0; i < L; ++i) sums[i] = V(T(0));
    const slot* out = in + L + 2;
    for (extent j = 0; j < n; j += width<V>) {
      V v[P::values], a[P::values];
      sources::template load<true>(v, splats, in, j, first, sources::all);
      P::template forward<true>(v);
      if constexpr (P::keeps_result) v[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L + 1].data) + j);
      if constexpr (SplatSeed) a[P::values - 1] = V(*reinterpret_cast<const T*>(in[L].data));
      else a[P::values - 1] = load<V>(reinterpret_cast<const T*>(in[L].data) + j);
      P::reverse(v, a);
      sources::put_adjoints(a, sums, out, j, sources::all);
    }
    sources::put_sums(sums, out, lanes, sources::all);
  }

 public:
  template <class V>
  static constexpr row_body body{&row<V>, tails.data(), 2 * L + 2, width<V>, false, 1};
};

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
