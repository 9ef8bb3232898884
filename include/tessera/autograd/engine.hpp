// SPDX-License-Identifier: BSL-1.0
#pragma once
// Walks the graph backwards. Each node runs once, when every contribution to its adjoint has arrived; nothing recurses, and
// what the walk needs is kept from one pass to the next.

#include <tessera/autograd/rule.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tessera::autograd {

namespace detail {

// One pass at a time: two threads may back-propagate through graphs that share parameters. Recursive, because a node may
// run a pass of its own.
inline std::recursive_mutex pass_mutex;
inline std::uint64_t pass_number = 0;

/// Vectors that keep their memory between passes.
struct work_lists {
  std::vector<node*> all, unseen, ready;
};
inline thread_local work_lists kept_lists;
inline thread_local bool kept_lists_are_lent = false;

/// Those vectors until the end of the scope, or own ones where a pass runs within another.
class lent_lists {
 public:
  lent_lists() : first_(!std::exchange(kept_lists_are_lent, true)) {
    work_lists& lists = get();
    lists.all.clear();
    lists.unseen.clear();
    lists.ready.clear();
  }
  lent_lists(const lent_lists&) = delete;
  ~lent_lists() {
    if (first_) kept_lists_are_lent = false;
  }
  [[nodiscard]] work_lists& get() { return first_ ? kept_lists : own_; }

 private:
  bool first_;
  work_lists own_;
};

/// The gradients that retain_grad() kept in earlier passes: put aside during one, so that they are not passed on again, and
/// added to what it brings, a sum that is a constant.
class earlier_gradients {
 public:
  earlier_gradients() = default;
  earlier_gradients(const earlier_gradients&) = delete;
  ~earlier_gradients() {
    if (!kept_.empty()) add_again();
  }
  void put_aside(node& n) {
    if (n.retain != nullptr && !n.is_leaf && n.adjoint) take(n);
  }

 private:
  TESSERA_COLD_ONCE void take(node& n) {
    kept_.emplace_back(&n, n.adjoint);
    n.adjoint = {};
    n.adjoint_source = {};
  }
  TESSERA_COLD_ONCE void add_again() {
    for (auto& [n, gradient] : kept_) {
      const block later = std::exchange(n->adjoint, std::move(gradient));
      if (later) n->retain(*n, later);
    }
  }
  std::vector<std::pair<node*, block>> kept_;
};

/// Counts, for every node that the root depends on, the contributions it will get.
TESSERA_ONCE void count_contributions(node& root, work_lists& lists, earlier_gradients& earlier) {
  std::vector<node*>& stack = lists.unseen;
  const std::uint64_t pass = ++pass_number;
  root.visited = pass;
  root.pending = 0;
  stack.push_back(&root);
  while (!stack.empty()) {
    node& n = *stack.back();
    stack.pop_back();
    lists.all.push_back(&n);
    for (int i = 0; edge* to = n.table->input(n, i); ++i) {
      node* m = to->get();
      if (m == nullptr || m->is_leaf) continue;
      if (m->visited != pass) {
        m->visited = pass;
        m->pending = 0;
        earlier.put_aside(*m);
        stack.push_back(m);
      }
      ++m->pending;
    }
  }
}

TESSERA_ONCE void run_node(node& n, bool keep, bool recorded) {
  if (n.released)
    raise<autograd_error>({"tessera::backward: the ", n.table->name,
                          " of this graph has released what it kept in an earlier backward(); say backward(retain_graph) the first time"});
  if (n.adjoint) {
    const with_device on(n.adjoint.device());
    n.table->backward(n, recorded);
    if (!n.is_target && n.retain == nullptr) {
      n.adjoint = {};
      n.adjoint_source = {};
    }
  }
  if (!keep) {
    n.table->release(n);
    n.released = true;
  }
}

}  // namespace detail

/// Propagates the adjoint that the root holds to every leaf below it.
TESSERA_ONCE void run_backward(const edge& root, bool retain_graph, bool recorded) {
  if (root->is_leaf) return;
  const std::lock_guard lock(detail::pass_mutex);
  const set_grad_enabled mode(recorded);
  detail::lent_lists lent;
  detail::work_lists& lists = lent.get();
  detail::earlier_gradients earlier;
  try {
    detail::count_contributions(*root, lists, earlier);
    lists.ready.push_back(root.get());
    while (!lists.ready.empty()) {
      node& n = *lists.ready.back();
      lists.ready.pop_back();
      detail::run_node(n, retain_graph, recorded);
      for (int i = 0; edge* to = n.table->input(n, i); ++i)
        if (node* m = to->get(); m != nullptr && !m->is_leaf && --m->pending == 0) lists.ready.push_back(m);
    }
  } catch (...) {  // what has arrived half way must not meet the next pass
    root->adjoint = {};
    for (node* n : lists.all) n->adjoint = {}, n->adjoint_source = {};
    throw;
  }
}

}  // namespace tessera::autograd
