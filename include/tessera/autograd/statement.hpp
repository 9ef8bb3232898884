// SPDX-License-Identifier: BSL-1.0
#pragma once
// A statement: an elementwise expression, perhaps summed, as one node. Its backward is one fused sweep that computes again
// what it needs in registers and writes the adjoint of each leaf through the index map that read it.

#include <tessera/autograd/replay.hpp>

namespace tessera::autograd {

namespace detail {

/// What a statement keeps of one leaf.
struct kept_source {
  block hold;                            // only where the sweep reads it
  extent offset = 0;                     // elements from the start of the block to the first that is read
  extent stride[max_rank];               // along the axes of the space
  alignas(16) unsigned char number[32];  // a constant, or a generated source, itself
};

[[nodiscard]] inline bool same_map(const kept_source& a, const kept_source& b, int rank) {
  bool same = a.offset == b.offset;
  for (int i = 0; same && i < rank; ++i) same = a.stride[i] == b.stride[i];
  return same;
}

/// Does the map reach no element twice? (The maps of the library repeat elements only along strides of 0.)
[[nodiscard]] inline bool is_injective(const kept_source& s, const extents& space) {
  for (int i = 0; i < space.rank; ++i)
    if (s.stride[i] == 0 && space[i] > 1) return false;
  return true;
}

template <class P>
struct replay_of;
template <class T, class Sources, class... Step>
struct replay_of<program<T, Sources, type_list<Step...>>> {
  static constexpr std::array<replay_step<T>, sizeof...(Step)> steps{replay_step_of<T, Step>::value...};
};

/// The elements that a source of another type reads, converted; for a generated source, its elements.
template <Element T, class E>
[[nodiscard]] any_tensor<T> converted(const void* from, const extents& space, const extent* strides) {
  using P = program<T, type_list<source<E, access::strided, false>>, type_list<>>;
  any_tensor<T> y = any_tensor<T>::uninitialized(space);
  if (y.size() == 0) return y;
  backend::operand operands[2] = {{from, sizeof(E), {}}, {y.mutable_data(), sizeof(T), {}}};
  for (int i = 0; i < space.rank; ++i) operands[0].stride[i] = strides[i], operands[1].stride[i] = y.strides[i];
  backend::run(backend::pick<backend::map_rows<P, T>, T>(), backend::make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, 2), nullptr, true);
  return y;
}

}  // namespace detail

/// The node of a program over a space. SplatSeed: the result was summed along the innermost axis, so that one incoming
/// adjoint serves a whole row.
template <class P, bool SplatSeed>
struct statement : node {
  using T = typename P::lane_type;
  static constexpr int L = P::sources;

  extents space;
  extents seed_strides;  // of the adjoint of the result over the space: 0 along the axes that were summed
  int inner_axis;
  detail::kept_source kept[L];
  block result;
  std::array<edge, L> sources;

  /// Notes what the sweep needs of the expression's leaves.
  template <class E>
  statement(const E& e, const extents& own, const extents& seeds)
      : node(&kind, own, sizeof(T)), space(e.shape().values()), seed_strides(seeds), inner_axis(tessera::detail::inner_axis(E::shape_type::pattern)) {
    int i = 0;
    e.for_each_leaf([&](const auto& leaf) {
      using X = std::remove_cvref_t<decltype(leaf)>;
      detail::kept_source& k = kept[i];
      backend::stretch(leaf.shape().values(), leaf.strides(), space, k.stride);
      if constexpr (requires { leaf.hold; }) {
        if (P::read_in_reverse[static_cast<std::size_t>(i)]) k.hold = leaf.hold;
        if constexpr (requires { leaf.offset; }) k.offset = leaf.offset;
        if constexpr (X::tracked) sources[static_cast<std::size_t>(i)] = leaf.source;
      } else {
        static_assert(sizeof(*leaf.data()) <= sizeof(k.number));
        std::memcpy(k.number, leaf.data(), sizeof(*leaf.data()));
      }
      ++i;
    });
  }

  static void backward(node& n, bool recorded) {
    auto& self = static_cast<statement&>(n);
    if (recorded) self.backward_recorded();
    else self.sweep();
  }
  static void release(node& n) {
    auto& self = static_cast<statement&>(n);
    for (detail::kept_source& s : self.kept) s.hold = {};
    self.result = {};
  }
  static std::span<edge> inputs(node& n) { return static_cast<statement&>(n).sources; }
  static constexpr node_table kind{"statement", &backward, &release, &destroy_node<statement>, &inputs};

 private:
  void sweep() {
    backend::operand operands[2 * L + 2];
    bool stores[2 * L + 2] = {};
    bool split = true;
    const extents dense = row_major(space);
    operands[L] = {adjoint.data(), sizeof(T), {}};
    operands[L + 1] = {result ? result.data() : nullptr, sizeof(T), {}};
    std::copy(seed_strides.begin(), seed_strides.end(), operands[L].stride);
    std::copy(dense.begin(), dense.end(), operands[L + 1].stride);
    P::for_each_source([&]<class S, int I>() {
      using E = typename S::element;
      const detail::kept_source& k = kept[I];
      backend::operand &in = operands[I], &out = operands[L + 2 + I];
      in = {address<E>(k), sizeof(E), {}};
      std::copy_n(k.stride, space.rank, in.stride);
      out = {nullptr, sizeof(E), {}};
      std::copy_n(k.stride, space.rank, out.stride);
      if constexpr (P::active[I])
        if (wants_adjoint(sources[I])) {
          const bool alone = is_read_in_one_way(I), once = detail::is_injective(k, space);
          split = split && alone && once;
          const adjoint_place place = open_adjoint(*sources[I], alone && once && count(sources[I]->shape) == count(space));
          out.data = place.data + k.offset * static_cast<extent>(sizeof(E));
          stores[L + 2 + I] = place.store;
        }
    });
    if (count(space) == 0) return;
    backend::run(backend::pick<backend::reverse_rows<P, SplatSeed>, T>(), backend::make_plan(space, inner_axis, operands, 2 * L + 2), stores, split);
  }

  // Do all leaves that came from the node of leaf i read it through one map? Where two differ, a store through one would
  // undo an addition through the other.
  [[nodiscard]] bool is_read_in_one_way(int i) const {
    for (int j = 0; j < L; ++j)
      if (sources[static_cast<std::size_t>(j)].get() == sources[static_cast<std::size_t>(i)].get() && !detail::same_map(kept[i], kept[j], space.rank)) return false;
    return true;
  }

  template <class E>
  [[nodiscard]] static const void* address(const detail::kept_source& k) {
    return k.hold ? static_cast<const char*>(k.hold.data()) + k.offset * static_cast<extent>(sizeof(E)) : reinterpret_cast<const char*>(k.number);
  }

  void backward_recorded() {
    std::vector<any_variable<T>> values(L);
    P::for_each_source([&]<class S, int I>() {
      if constexpr (P::read_in_reverse[I]) values[I] = recorded_source<S, I>();
    });
    references.fetch_add(1, std::memory_order_relaxed);
    const any_variable<T> y({result, space, row_major(space)}, edge(this));
    const any_variable<T> g({adjoint, shape, row_major(shape)}, adjoint_source);
    const std::vector<any_variable<T>> adjoints =
        replay<T>(std::move(values), detail::replay_of<P>::steps, P::read_in_reverse.data(), y, apply(op::read_strided{space, seed_strides, 0}, g));
    for (std::size_t i = 0; i < L; ++i)
      if (P::active[i] && wants_adjoint(sources[i]))
        add_adjoint(sources[i], apply(op::add_strided{sources[i]->shape, strides_of(kept[i]), kept[i].offset}, apply(op::expand{space}, adjoints[i])));
  }

  template <class S, int I>
  [[nodiscard]] any_variable<T> recorded_source() const {
    using E = typename S::element;
    const detail::kept_source& k = kept[I];
    if constexpr (!std::same_as<E, T>) {
      return detail::converted<T, E>(address<E>(k), space, k.stride);
    } else {
      if (!k.hold) return any_variable<T>(*reinterpret_cast<const T*>(k.number));
      if (!sources[I]) return any_tensor<T>{k.hold, space, strides_of(k), k.offset};
      const extents& own = sources[I]->shape;
      return apply(op::read_strided{space, strides_of(k), k.offset}, any_variable<T>({k.hold, own, row_major(own)}, sources[I]));
    }
  }
  [[nodiscard]] extents strides_of(const detail::kept_source& k) const {
    extents strides = extents::filled(space.rank, 0);
    std::copy_n(k.stride, space.rank, strides.at);
    return strides;
  }
};

}  // namespace tessera::autograd
