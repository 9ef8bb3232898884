// SPDX-License-Identifier: BSL-1.0
#pragma once
// Programs as items: every result stored, or combined along axes.

#include <tessera/backend/items/reduce.hpp>
#include <tessera/expr/program.hpp>
#include <tessera/numeric/packet.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The value of a program's sources at the places `offset`; `index` is the number of the element in its space. In the reverse sweep
/// only what that reads.
template <class P, bool ForReverse, class V, int Count>
TESSERA_FN void load_sources(V* v, const nest<Count>& at, const extent* offset, extent index) {
  using T = typename P::lane_type;
  P::for_each_source([&]<class S, int I>() {
    using E = typename S::element;
    if constexpr (ForReverse && !P::template is_read_in_reverse<I>) return;
    else if constexpr (requires { typename E::generated_tag; }) v[I] = at.template data<const E>(I)->template load<T>(index);
    else if constexpr (is_packet<V>)  {
      if constexpr (S::kind == access::splat) v[I] = V(static_cast<T>(at.template data<const E>(I)[offset[I]]));
      else v[I] = *reinterpret_cast<const V*>(at.template memory<const E>(I) + offset[I]);
    } else if constexpr (S::kind == access::splat) v[I] = static_cast<T>(at.template data<const E>(I)[offset[I]]);
    else v[I] = static_cast<T>(at.template memory<const E>(I)[offset[I]]);
  });
}

/// The result of a program at the places `offset`, of one element or of a packet of them.
template <class P, class V, int Count>
[[nodiscard]] TESSERA_FN V result_at(const nest<Count>& at, const extent* offset, extent index) {
  V v[P::values];
  load_sources<P, false>(v, at, offset, index);
  P::forward(v);
  return v[P::values - 1];
}

/// How many elements of a program fill 16 bytes: 1 where its elements are not all of the lane's type, or are generated.
template <class P, class R>
inline constexpr int packet_size_of = [] {
  using T = typename P::lane_type;
  bool same = std::is_same_v<R, T>;
  for (int i = 0; i < P::sources; ++i) same = same && !P::generated[i] && (P::kinds[i] == access::splat || (P::kinds[i] == access::unit && P::of_lane_type[i]));
  return same && sizeof(T) < 16 ? static_cast<int>(16 / sizeof(T)) : 1;
}();

/// Stores the program's result. Operands: the sources, then the output.
template <class P, class R>
struct map {
  using T = typename P::lane_type;
  nest<P::sources + 1> at;

  TESSERA_FN void operator()(extent i) const {
    extent offset[P::sources + 1];
    at.locate(i, offset);
    at.template memory<R>(P::sources)[offset[P::sources]] = static_cast<R>(result_at<P, T>(at, offset, i));
  }
};

/// The same for programs whose elements can be loaded side by side.
template <class P, class R>
  requires(packet_size_of<P, R> > 1)
struct map<P, R> {
  using T = typename P::lane_type;
  static constexpr int packet_size = packet_size_of<P, R>;
  nest<P::sources + 1> at;

  TESSERA_FN void operator()(extent i) const { run<T>(i); }
  TESSERA_FN void packet(extent i) const { run<tessera::packet<T, packet_size>>(i); }
  /// Is every packet on a boundary of 16 bytes, and within a row?
  [[nodiscard]] bool packs() const {
    bool all = at.rank == 1 || at.n[at.rank - 1] % packet_size == 0;
    for (int k = 0; k <= P::sources; ++k) {
      const bool moves = k == P::sources || P::kinds[k] != access::splat;
      if (!moves) continue;
      all = all && at.of[k].stride[at.rank - 1] == 1 && reinterpret_cast<std::uintptr_t>(at.of[k].data) % 16 == 0;
      for (int i = 0; i + 1 < at.rank; ++i) all = all && at.of[k].stride[i] % packet_size == 0;
    }
    return all;
  }

 private:
  template <class V>
  TESSERA_FN void run(extent i) const {
    extent offset[P::sources + 1];
    at.locate(i, offset);
    *reinterpret_cast<V*>(at.template memory<R>(P::sources) + offset[P::sources]) = result_at<P, V>(at, offset, i);
  }
};

/// Writes one number everywhere.
template <class T>
struct fill {
  T* to;
  T value;
  TESSERA_FN void operator()(extent i) const { to[i] = value; }
};

/// Writes the same numbers elsewhere.
template <class T>
struct copy_of {
  const T* from;
  T* to;
  TESSERA_FN void operator()(extent i) const { to[i] = from[i]; }
};

template <class P, class R>
void run_map(const plan& p) {
  const map<P, R> work{make_nest<P::sources + 1>(p, same_order)};
  launch(work.at.size(), P::values * 2, work);
}

/// The value of a program at an element, for a reduction. Operands: the sources, then the number of the element.
template <class P>
struct value_at {
  using value_type = typename P::lane_type;
  nest<P::sources + 1> at;

  TESSERA_FN value_type operator()(extent i) const {
    extent offset[P::sources + 1];
    at.locate(i, offset);
    return result_at<P, value_type>(at, offset, offset[P::sources]);
  }
};

/// A plan with the number of each element as its last operand.
template <int Count>
struct numbered_plan {
  operand all[Count];
  plan p;

  explicit numbered_plan(const plan& from) : p(from) {
    std::copy_n(from.operands, Count - 1, all);
    all[Count - 1] = {nullptr, 0, {}, false};
    extent step = 1;
    for (int i = from.rank - 1; i >= 0; --i) all[Count - 1].stride[i] = step, step *= from.n[i];
    p.operands = all;
    p.count = Count;
  }
  numbered_plan(const numbered_plan&) = delete;
};

/// Is a program's result what one tensor holds, so that no kernel of its own is needed to sum it?
template <class P>
inline constexpr bool is_one_tensor = P::sources == 1 && P::values == 1 && !P::generated[0] && P::kinds[0] != access::splat && P::of_lane_type[0];

/// Combines the program's results into the last operand.
template <class P, class Combine>
void run_reduce(const plan& p) {
  using T = typename P::lane_type;
  if constexpr (is_one_tensor<P>) {
    run_reduction<Combine, T>(p, 1, [&](const int* order) { return number_at<T>{make_nest<1>(p, order)}; });
  } else {
    numbered_plan<P::sources + 2> own(p);
    std::swap(own.all[P::sources], own.all[P::sources + 1]);  // the sources, the number, the output
    run_reduction<Combine, T>(own.p, P::sources + 1, [&](const int* order) { return value_at<P>{make_nest<P::sources + 1>(own.p, order)}; });
  }
}

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
