// SPDX-License-Identifier: BSL-1.0
#pragma once
// The tape of the static path: nodes one after the other, on the stack at run time and in the compiler's memory at compile
// time. A node knows its value's type, so that going back through it is one indirect call and otherwise inlined code.

#include <tessera/op/inline.hpp>
#include <tessera/storage/pool.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace tessera::trace {

class tape;
struct node;

/// What a kind of node can do.
struct node_kind {
  void (*backward)(node&);  // adds to the adjoints of the operands
  void (*destroy)(node*);   // at compile time only: at run time the whole tape goes at once
};

struct node {
  const node_kind* kind;
  tape* owner = nullptr;
  node* previous = nullptr;  // the one made before
  bool tracked;              // does its value depend on an argument?
  bool reached = false;      // has a part of its adjoint arrived?
};

/// An operand as a value of its own: itself, or the array that it is an expression of.
template <class X>
[[nodiscard]] constexpr decltype(auto) settled(const X& x) {
  if constexpr (Operand<X> && !Eager<X> && !is_array<X>) return array<element_t<X>, shape_t<X>>(x);
  else return (x);
}
template <class X>
using settled_t = std::remove_cvref_t<decltype(settled(std::declval<const X&>()))>;

namespace detail {
template <class V>
[[nodiscard]] constexpr V unwritten() {
  if constexpr (is_array<V>) return V::uninitialized();
  else return V{};
}
}  // namespace detail

/// A value, which somebody else holds, and its adjoint, which is written by the first part that arrives.
template <class V>
struct value_node : node {
  const V& value;
  V adjoint = detail::unwritten<V>();

  constexpr value_node(const node_kind* k, bool is_tracked, const V& v) : node{k, nullptr, nullptr, is_tracked}, value(v) {}

  /// Adds a part to the adjoint: what make() gives.
  template <class F>
  constexpr void add_made(const F& make) {
    if (!std::exchange(reached, true)) {
      if (std::is_constant_evaluated() || !std::is_trivially_copyable_v<V>) adjoint = make();
      else ::new (static_cast<void*>(&adjoint)) V(make());  // in place
    } else if constexpr (is_array<V>) {
      tessera::detail::add_elements<V::size()>(adjoint.data(), make().data());
    } else {
      adjoint = static_cast<V>(adjoint + make());
    }
  }
  constexpr void add(const V& part) {
    add_made([&]() -> const V& { return part; });
  }
  /// The adjoint is zero where nothing has arrived.
  constexpr void open() {
    if (!std::exchange(reached, true)) adjoint = V{};
  }
};

/// A node that ends here: an argument, which outlives the tape.
template <class V>
struct argument_node : value_node<V> {
  constexpr explicit argument_node(const V& v) : value_node<V>(&kind_of, true, v) {}
  static constexpr void backward(node&) {}
  static constexpr void destroy(node* n) { delete static_cast<argument_node*>(n); }
  static constexpr node_kind kind_of{&backward, &destroy};
};
/// A number among traced values.
template <class V>
struct constant_node : value_node<V> {
  V own;
  constexpr explicit constant_node(const V& v) : value_node<V>(&kind_of, false, own), own(v) {}
  static constexpr void backward(node&) {}
  static constexpr void destroy(node* n) { delete static_cast<constant_node*>(n); }
  static constexpr node_kind kind_of{&backward, &destroy};
};

/// The nodes of one gradient, in the order they were made.
class tape {
 public:
  constexpr tape(std::byte* room, std::size_t bytes) : free_(room), left_(bytes) {}
  tape(const tape&) = delete;
  constexpr ~tape() {
    if (std::is_constant_evaluated()) {
      for (node* n = last_; n != nullptr;) {
        node* before = n->previous;
        n->kind->destroy(n);
        n = before;
      }
    } else {
      while (chunks_ != nullptr) {
        chunk* next = chunks_->next;
        pool::release(chunks_, chunks_->bytes);
        chunks_ = next;
      }
    }
  }

  template <class N, class... Args>
  constexpr N* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<N> && alignof(N) <= alignment);
    N* n = nullptr;
    if (std::is_constant_evaluated()) n = new N(std::forward<Args>(args)...);
    else n = ::new (allocate(sizeof(N), std::max(alignof(N), std::size_t{16}))) N(std::forward<Args>(args)...);
    n->owner = this;
    n->previous = last_;
    last_ = n;
    return n;
  }
  /// The node of an argument, which is not copied.
  template <class V>
  constexpr value_node<V>* argument(const V& value) {
    return make<argument_node<V>>(value);
  }
  /// The node of a value that depends on no argument.
  template <class V>
  constexpr value_node<V>* constant(const V& value) {
    return make<constant_node<V>>(value);
  }

  /// Goes back through every node that an adjoint has reached, the newest first.
  constexpr void sweep() {
    for (node* n = last_; n != nullptr; n = n->previous)
      if (n->tracked && n->reached) n->kind->backward(*n);
  }

 private:
  static constexpr std::size_t alignment = 64;
  struct alignas(alignment) chunk {
    chunk* next;
    std::size_t bytes;
  };

  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t boundary) {
    std::size_t gap = -reinterpret_cast<std::uintptr_t>(free_) % boundary;
    if (gap + bytes > left_) extend(bytes), gap = 0;
    left_ -= gap + bytes;
    return std::exchange(free_, free_ + gap + bytes) + gap;
  }
  [[gnu::noinline]] void extend(std::size_t bytes) {
    const std::size_t wanted = std::max<std::size_t>(std::size_t{1} << 16, 2 * bytes + sizeof(chunk));
    chunks_ = ::new (pool::allocate(wanted)) chunk{chunks_, wanted};
    free_ = reinterpret_cast<std::byte*>(chunks_ + 1);
    left_ = wanted - sizeof(chunk);
  }

  std::byte* free_;
  std::size_t left_;
  node* last_ = nullptr;
  chunk* chunks_ = nullptr;
};

/// Room for a tape on the stack.
template <std::size_t Bytes>
struct room {
  alignas(64) std::byte bytes[Bytes];
  constexpr room() {}  // NOLINT: not filled, on purpose
};

}  // namespace tessera::trace
