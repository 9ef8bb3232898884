// SPDX-License-Identifier: BSL-1.0
#pragma once
// The nodes of the dynamic graph: one for each statement and each structured operation that ran, and one for each leaf.
// A node refers to the nodes its operands came from; an output refers to its node and never the other way round.

#include <tessera/autograd/grad_mode.hpp>
#include <tessera/core/error.hpp>
#include <tessera/shape/extents.hpp>
#include <tessera/storage/block.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tessera::autograd {

struct node;

/// A counted reference to the node a value came from; empty where nothing is recorded.
class edge {
 public:
  edge() = default;
  explicit edge(node* n) noexcept : node_(n) {}  // takes over one count
  TESSERA_CALLS_ANYTHING
  TESSERA_FN edge(const edge& other) noexcept : node_(other.node_) {  // as in a block's handles, what is inlined keeps its place to itself
    if (node_ != nullptr) take(node_);
  }
  TESSERA_CALLS_ANYTHING
  TESSERA_FN edge(edge&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  TESSERA_CALLS_ANYTHING
  TESSERA_FN edge& operator=(edge other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  TESSERA_CALLS_ANYTHING
  TESSERA_FN ~edge() {
    if (node_ != nullptr) drop(node_);
  }
  [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }
  [[nodiscard]] node* get() const noexcept { return node_; }
  [[nodiscard]] node* operator->() const noexcept { return node_; }
  [[nodiscard]] node& operator*() const noexcept { return *node_; }
  [[nodiscard]] node* give() noexcept { return std::exchange(node_, nullptr); }

 private:
  static void take(node* n) noexcept;
  static void drop(node* n) noexcept;

  node* node_ = nullptr;
};

/// What a kind of node can do. One static table for each kind: a node costs no virtual dispatch data of its own.
struct node_table {
  const char* name;
  void (*backward)(node&, bool recorded);  // adds to the adjoints of the inputs; recorded: so that it can be differentiated again
  void (*release)(node&);                  // drops what was kept for backward
  void (*destroy)(node&);                  // ends the node and gives back its memory
  edge* (*input)(node&, int);              // the i-th edge to an operand's node; null behind the last
};

/// The common part of every node.
struct node {
  const node_table* table;
  std::atomic<int> references{1};
  bool released = false;   // has backward() dropped what this node kept?
  bool is_leaf = false;
  bool requires_grad = true;  // of a leaf: is its gradient wanted?
  bool is_target = false;     // does the running grad() ask for this node's adjoint?
  void (*retain)(node&, const block&) = nullptr;  // of any other node, where its adjoint outlives the pass: adds what earlier ones brought
  int pending = 0;         // during a backward pass: the contributions still to come
  std::uint64_t visited = 0;
  node* next = nullptr;    // in the list of nodes to destroy
  extents shape;           // of the value this node stands for
  std::size_t element_size;
  block adjoint;           // contiguous; empty while nothing has arrived
  edge adjoint_source;     // where the adjoint itself came from, if that was recorded

  node(const node_table* t, const extents& s, std::size_t size) : table(t), shape(s), element_size(size) {}
  node(const node&) = delete;
  node& operator=(const node&) = delete;
};

namespace detail {

// Nodes to destroy wait here: destroying one may release the next, and a graph of a million statements must not recurse.
struct doomed_list {
  node* first = nullptr;
  bool running = false;
};
inline thread_local doomed_list doomed;

TESSERA_APART_ONCE void destroy(node* n) noexcept {
  n->next = doomed.first;
  doomed.first = n;
  if (doomed.running) return;
  doomed.running = true;
  while (doomed.first != nullptr) {
    node* dead = doomed.first;
    doomed.first = dead->next;
    dead->table->destroy(*dead);
  }
  doomed.running = false;
}

}  // namespace detail

TESSERA_APART_ONCE void edge::take(node* n) noexcept { tessera::detail::count_one_more(n->references); }
TESSERA_APART_ONCE void edge::drop(node* n) noexcept {
  if (tessera::detail::count_one_less(n->references)) detail::destroy(n);
}

/// Makes a node of type N in pooled memory.
template <class N, class... Args>
[[nodiscard]] edge make_node(Args&&... args) {
  void* memory = pool::allocate(sizeof(N));
  return edge(::new (memory) N(std::forward<Args>(args)...));
}
template <class N>
void destroy_node(node& n) {
  static_cast<N&>(n).~N();
  pool::release(&n, sizeof(N));
}

/// Does a value that came from this node need recording now?
[[nodiscard]] inline bool is_live(const edge& e) noexcept { return e && e->requires_grad && is_grad_enabled(); }

/// Where a contribution to the adjoint of a node is written.
struct adjoint_place {
  char* data = nullptr;
  bool store = false;  // nobody has written it: store instead of adding
};

namespace detail {
inline thread_local bool only_targets = false;  // is a grad() running, which must leave other leaves alone?
}

/// Does the running pass want an adjoint here?
[[nodiscard]] inline bool wants_adjoint(const edge& e) noexcept {
  return e && e->requires_grad && (!e->is_leaf || e->is_target || !detail::only_targets);
}

#if TESSERA_HAS_GPU
/// Before the gradient of a leaf is written or dropped: a captured step has to know.
inline void note_gradient(node& n, bool is_dropped);
#else
inline void note_gradient(node&, bool) noexcept {}
#endif

/// Memory for the adjoint of a node, made when absent: with zeros, or to be stored to when the contribution writes all of it.
[[nodiscard]] TESSERA_APART_ONCE adjoint_place open_adjoint(node& n, bool writes_all) {
  const std::size_t bytes = static_cast<std::size_t>(count(n.shape)) * n.element_size;
  note_gradient(n, false);
  if (!n.adjoint) {
    n.adjoint = block(bytes);
    if (!writes_all) n.adjoint.clear();
    return {static_cast<char*>(n.adjoint.data()), writes_all};
  }
  if (n.adjoint.references() > 1) {  // somebody looks at it: leave them what they have
    n.adjoint = n.adjoint.copy();
  }
  n.adjoint_source = {};
  return {static_cast<char*>(n.adjoint.data()), false};
}

/// Drops the gradient of a leaf, or the adjoint of another node.
inline void drop_adjoint(node& n) {
  note_gradient(n, true);
  n.adjoint = {};
  n.adjoint_source = {};
}

/// Found by argument when a tracked expression becomes a plain tensor: gradients are never lost silently.
inline void refuse_lost_gradient(const edge& source) {
  if (is_live(source))
    raise<autograd_error>({"tessera::tensor: this expression is recorded for gradients, and a tensor would lose them; "
                         "keep it as `variable` or `auto`, or say detach(x) or no_grad"});
}

}  // namespace tessera::autograd

#include <tessera/autograd/captured.hpp>
