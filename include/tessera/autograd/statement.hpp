// SPDX-License-Identifier: BSL-1.0
#pragma once
// A statement: an elementwise expression, perhaps summed, as one node. Its backward is one fused sweep that computes again
// what it needs in registers and writes the adjoint of each leaf through the index map that read it. What depends on the
// program is a table and the sweep's kernel; everything else exists once.

#include <tessera/autograd/replay.hpp>

namespace tessera::autograd {

/// What a statement keeps of one leaf.
struct kept_source {
  block hold;                            // only where the sweep reads it
  extent offset = 0;                     // elements from the start of the block to the first that is read
  extent stride[max_rank] = {};          // along the axes of the space
  alignas(16) unsigned char number[32];  // a constant, or a generated source, itself
  edge source;

  [[nodiscard]] const void* address(std::size_t element_size) const {
    return hold ? static_cast<const char*>(hold.data()) + offset * static_cast<extent>(element_size) : reinterpret_cast<const char*>(number);
  }
  /// Does the map reach no element twice? (The maps of the library repeat elements only along strides of 0.)
  [[nodiscard]] bool is_injective(const extents& space) const {
    for (int i = 0; i < space.rank; ++i)
      if (stride[i] == 0 && space[i] > 1) return false;
    return true;
  }
  [[nodiscard]] bool has_map_of(const kept_source& other, int rank) const {
    bool same = offset == other.offset;
    for (int i = 0; same && i < rank; ++i) same = stride[i] == other.stride[i];
    return same;
  }
};

struct statement;

/// What there is to know of a program, as data.
struct statement_table {
  node_table node;  // first: a node's table pointer leads here
  int sources;
  std::size_t lane_size;
  const std::size_t* element_sizes;
  const bool* active;  // for each source: may it get an adjoint?
  const bool* read;    // for each value: does the sweep read it?
  backend::kernel (*pick)();
  void (**recorded)(statement&);  // the sweep as a graph
};

/// The node of a program over a space, with its leaves behind it in memory.
struct alignas(16) statement : node {
  extents space;
  extents seed_strides;  // of the adjoint of the result over the space: 0 along the axes that were summed
  int inner_axis = 0;
  kept_source* kept;
  block result;

  [[nodiscard]] const statement_table& program() const { return *reinterpret_cast<const statement_table*>(table); }

  [[nodiscard]] TESSERA_APART_ONCE static edge make(const statement_table& t, const extents& own, const extents& whole, const extents& seeds, int inner_axis) {
    statement* const n = ::new (pool::allocate(size(t))) statement(t, own, whole, seeds, inner_axis);
    edge made(n);
    for (int i = 0; i < t.sources; ++i) ::new (static_cast<void*>(n->kept + i)) kept_source;
    return made;
  }
  TESSERA_APART_ONCE static void destroy(node& n) {
    auto& self = static_cast<statement&>(n);
    const std::size_t bytes = size(self.program());
    std::destroy_n(self.kept, self.program().sources);
    self.~statement();
    pool::release(&n, bytes);
  }
  TESSERA_APART_ONCE static void backward(node& n, bool recorded) {
    auto& self = static_cast<statement&>(n);
    if (recorded) self.sweep_recorded();
    else self.sweep();
  }
  TESSERA_APART_ONCE static void release(node& n) {
    auto& self = static_cast<statement&>(n);
    for (int i = 0; i < self.program().sources; ++i) self.kept[i].hold = {};
    self.result = {};
  }
  TESSERA_APART_ONCE static edge* input(node& n, int i) {
    auto& self = static_cast<statement&>(n);
    return i < self.program().sources ? &self.kept[i].source : nullptr;
  }

  /// What leaf i needs of a tensor of a shape and its pattern: its block where the sweep reads it, and the node it came from. Of a view, what it reads.
  TESSERA_APART_ONCE void keep(int i, const extents& own, const extents& pattern, const block& hold, const edge* source) {
    backend::stretch_row_major(own, pattern, space, kept[i].stride);
    keep_handles(i, hold, source);
  }
  TESSERA_APART_ONCE void keep(int i, const extents& own, const extents& pattern, const block& hold, const edge* source, const extents& strides, extent offset) {
    backend::stretch_map(own, pattern, strides, space, kept[i].stride);
    kept[i].offset = offset;
    keep_handles(i, hold, source);
  }
  /// Of an array, which ends with the expression, its elements.
  TESSERA_APART_ONCE void keep(int i, const extents& own, const extents& pattern, const void* elements, std::size_t bytes) {
    backend::stretch_row_major(own, pattern, space, kept[i].stride);
    if (!program().read[i]) return;
    kept[i].hold = block(bytes);
    kept[i].hold.write(elements, bytes);
  }

  /// The fused sweep.
  TESSERA_ONCE void sweep() {
    const statement_table& p = program();
    const int n = p.sources;
    backend::operand operands[backend::max_slots];
    bool stores[backend::max_slots];
    bool split = true;
    const extents dense = row_major(space);
    const auto set = [&](int k, const void* data, std::size_t size, const extent* stride) {
      operands[k].data = data;
      operands[k].element_size = static_cast<extent>(size);
      operands[k].is_number = false;
      stores[k] = false;
      copy_axes(operands[k].stride, stride, space.rank);
    };
    set(n, adjoint.data(), p.lane_size, seed_strides.at);
    set(n + 1, result ? result.data() : nullptr, p.lane_size, dense.at);
    for (int i = 0; i < n; ++i) {
      const kept_source& k = kept[i];
      const std::size_t size = p.element_sizes[i];
      set(i, k.address(size), size, k.stride);
      operands[i].is_number = !k.hold;
      set(n + 2 + i, nullptr, size, k.stride);
      if (!p.active[i] || !wants_adjoint(k.source)) continue;
      const bool alone = is_read_in_one_way(i), once = k.is_injective(space) && (space.rank == 0 || k.stride[inner_axis] != 0);  // what does not move along a row is added to
      split = split && alone && once;
      const adjoint_place place = open_adjoint(*k.source, alone && once && count(k.source->shape) == count(space));
      operands[n + 2 + i].data = place.data + k.offset * static_cast<extent>(size);
      stores[n + 2 + i] = place.store;
    }
    if (count(space) != 0) backend::run(p.pick(), backend::make_plan(space, inner_axis, operands, 2 * n + 2), stores, split);
  }

  TESSERA_COLD_ONCE void sweep_recorded() {
    if (*program().recorded == nullptr) refuse_unrecorded("a statement");
    (*program().recorded)(*this);
  }

  [[nodiscard]] TESSERA_ONCE extents strides_of(int i) const {
    extents strides = extents::filled(space.rank, 0);
    std::copy_n(kept[i].stride, space.rank, strides.at);
    return strides;
  }

 private:
  statement(const statement_table& t, const extents& own, const extents& whole, const extents& seeds, int inner)
      : node(&t.node, own, t.lane_size), space(whole), seed_strides(seeds), inner_axis(inner), kept(reinterpret_cast<kept_source*>(this + 1)) {}
  [[nodiscard]] static std::size_t size(const statement_table& t) { return sizeof(statement) + static_cast<std::size_t>(t.sources) * sizeof(kept_source); }

  void keep_handles(int i, const block& hold, const edge* source) {
    if (program().read[i]) kept[i].hold = hold;
    if (source != nullptr) kept[i].source = *source;
  }
  // Do all leaves that came from the node of leaf i read it through one map? Where two differ, a store through one would
  // undo an addition through the other.
  [[nodiscard]] bool is_read_in_one_way(int i) const {
    for (int j = 0; j < program().sources; ++j)
      if (kept[j].source.get() == kept[i].source.get() && !kept[i].has_map_of(kept[j], space.rank)) return false;
    return true;
  }
};

namespace detail {

/// The elements that a source of another type reads, converted; for a generated source, its elements.
template <Element T, class E>
[[nodiscard]] TESSERA_COLD any_tensor<T> converted(const void* from, const extents& space, const extents& strides) {
  using P = program<T, type_list<source<E, access::strided, false>>, type_list<>>;
  any_tensor<T> y = any_tensor<T>::uninitialized(space);
  if (y.size() == 0) return y;
  backend::operand operands[2] = {{from, sizeof(E), {}, false}, {y.mutable_data(), sizeof(T), {}, false}};
  for (int i = 0; i < space.rank; ++i) operands[0].stride[i] = strides[i], operands[1].stride[i] = y.strides[i];
  backend::run(backend::pick<backend::map_rows<P, T>, T>(), backend::make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, 2), nullptr, true);
  return y;
}

template <Element T>
using converter = any_tensor<T> (*)(const void*, const extents&, const extents&);

template <Element T>
[[nodiscard]] TESSERA_COLD any_variable<T> recorded_source(const statement& n, int i, converter<T> convert) {
  const kept_source& k = n.kept[i];
  if (convert != nullptr) return convert(k.address(n.program().element_sizes[i]), n.space, n.strides_of(i));
  if (!k.hold) return any_variable<T>(*reinterpret_cast<const T*>(k.number));
  if (!k.source) return any_tensor<T>{k.hold, n.space, n.strides_of(i), k.offset};
  const extents& own = k.source->shape;
  return apply(op::read_strided{n.space, n.strides_of(i), k.offset}, any_variable<T>({k.hold, own, row_major(own)}, k.source));
}

/// The backward of a statement as a graph.
template <Element T>
TESSERA_COLD void run_recorded(statement& n, std::span<const replay_step<T>> steps, const converter<T>* converters) {
  const statement_table& p = n.program();
  std::vector<any_variable<T>> values(static_cast<std::size_t>(p.sources) + steps.size());
  for (int i = 0; i < p.sources; ++i)
    if (p.read[i]) values[static_cast<std::size_t>(i)] = recorded_source<T>(n, i, converters[i]);
  n.references.fetch_add(1, std::memory_order_relaxed);
  const any_variable<T> y({n.result, n.space, row_major(n.space)}, edge(&n));
  const any_variable<T> g({n.adjoint, n.shape, row_major(n.shape)}, n.adjoint_source);
  const std::vector<any_variable<T>> adjoints = replay<T>(std::move(values), steps, p.read, y, apply(op::read_strided{n.space, n.seed_strides, 0}, g));
  for (int i = 0; i < p.sources; ++i)
    if (const edge& to = n.kept[i].source; p.active[i] && wants_adjoint(to))
      add_adjoint(to, apply(op::add_strided{to->shape, n.strides_of(i), n.kept[i].offset}, apply(op::expand{n.space}, adjoints[static_cast<std::size_t>(i)])));
}

template <class P, bool SplatSeed>
struct table_of;
template <class T, class... Source, class... Step, bool SplatSeed>
struct table_of<program<T, type_list<Source...>, type_list<Step...>>, SplatSeed> {
  using P = program<T, type_list<Source...>, type_list<Step...>>;

  static backend::kernel pick() {
    compile_recorded<table_of>();
    return backend::pick<backend::reverse_rows<P, SplatSeed>, T>();
  }
  TESSERA_COLD static void recorded(statement& n) {
    static constexpr std::array<replay_step<T>, sizeof...(Step)> steps{replay_step_of<T, Step>::value...};
    static constexpr converter<T> converters[] = {converter_of<typename Source::element>()...};
    run_recorded<T>(n, steps, converters);
  }
  static constexpr auto run = &recorded;
  static constexpr statement_table value{{"statement", &statement::backward, &statement::release, &statement::destroy, &statement::input},
                                         P::sources, sizeof(T), P::element_sizes, P::active.data(), P::read_in_reverse.data(), &pick, &recorded_slot<table_of, void (*)(statement&)>};

 private:
  template <class E>
  static constexpr converter<T> converter_of() {
    if constexpr (std::same_as<E, T>) return nullptr;
    else return &converted<T, E>;
  }
};

}  // namespace detail

/// Makes the node of an expression's statement. SplatSeed: the result was summed along the innermost axis, so that one
/// incoming adjoint serves a whole row.
template <class P, bool SplatSeed, Expression E>
[[nodiscard]] edge make_statement(const E& e, const extents& own, const extents& seeds) {
  edge made = statement::make(detail::table_of<P, SplatSeed>::value, own, e.shape().values(), seeds, tessera::detail::inner_axis(E::shape_type::pattern));
  auto& n = static_cast<statement&>(*made);
  int i = 0;
  e.for_each_leaf([&](const auto& leaf) {
    using L = std::remove_cvref_t<decltype(leaf)>;
    const edge* source = nullptr;
    if constexpr (L::tracked) source = &leaf.source;
    if constexpr (requires { leaf.offset; }) {
      n.keep(i, leaf.shape().values(), L::shape_type::pattern, leaf.hold, source, leaf.strides(), leaf.offset);
    } else if constexpr (requires { leaf.hold; }) {
      n.keep(i, leaf.shape().values(), L::shape_type::pattern, leaf.hold, source);
    } else if constexpr (requires { leaf.values; }) {
      n.keep(i, leaf.shape().values(), L::shape_type::pattern, leaf.data(), sizeof(leaf.values));
    } else {
      static_assert(sizeof(*leaf.data()) <= sizeof(kept_source::number));
      std::memcpy(n.kept[i].number, leaf.data(), sizeof(*leaf.data()));
    }
    ++i;
  });
  return made;
}

}  // namespace tessera::autograd
