// SPDX-License-Identifier: BSL-1.0
#pragma once
// The counted piece of memory that tensors, expressions and the tape share.

#include <tessera/storage/device.hpp>
#include <tessera/storage/pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <utility>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace tessera {
namespace detail {

/// Has this program no second thread? Then counting needs no locked instruction, which costs as much as 20 others; the standard
/// library's shared_ptr does the same.
[[nodiscard]] inline bool is_alone() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

}  // namespace detail

/// A counted handle of a block of memory. Copying it counts; the last one gives the memory back.
class block {
 public:
  block() = default;
  /// A new block of at least `bytes` bytes, uninitialised, with one cache line of readable slack behind it.
  explicit block(std::size_t bytes) : head_(make(bytes)) {}
  block(const block& other) noexcept : head_(other.head_) {
    if (head_ == nullptr) return;
    if (detail::is_alone()) head_->references.store(head_->references.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    else head_->references.fetch_add(1, std::memory_order_relaxed);
  }
  block(block&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  block& operator=(block other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~block() {
    if (head_ != nullptr && drop(head_) == 1) end(head_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return head_ != nullptr; }
  [[nodiscard]] void* data() const noexcept { return reinterpret_cast<std::byte*>(head_) + pool::alignment; }
  [[nodiscard]] std::size_t bytes() const noexcept { return head_ == nullptr ? 0 : head_->bytes; }
  [[nodiscard]] tessera::device device() const noexcept { return head_ == nullptr ? device::cpu() : head_->where; }

  /// The number of handles. An acquire load: what other threads did before letting go is visible to the caller.
  [[nodiscard]] int references() const noexcept {
    return head_ == nullptr ? 0 : head_->references.load(std::memory_order_acquire);
  }
  /// Has a raw pointer for writing been handed out? Such a block never moves; whoever captures it copies it instead.
  [[nodiscard]] bool exported() const noexcept { return head_ != nullptr && head_->exported; }
  void mark_exported() noexcept { head_->exported = true; }

  /// A block of its own with the same bytes.
  [[nodiscard, gnu::noinline]] block copy() const {
    block own(bytes());
    if (head_ != nullptr) std::memcpy(own.data(), data(), bytes());
    return own;
  }
  /// Gives this handle a block of its own where others share it: what it holds may then be written.
  void make_unique() {
    if (references() > 1) *this = copy();
  }

  friend bool operator==(const block& a, const block& b) noexcept { return a.head_ == b.head_; }

 private:
  struct header {
    std::atomic<int> references;
    bool exported;
    tessera::device where;
    std::size_t bytes;
  };
  static_assert(sizeof(header) <= pool::alignment);

  // One handle less; returns how many there were.
  static int drop(header* head) noexcept {
    if (!detail::is_alone()) return head->references.fetch_sub(1, std::memory_order_acq_rel);
    const int before = head->references.load(std::memory_order_relaxed);
    head->references.store(before - 1, std::memory_order_relaxed);
    return before;
  }

  // The header has a cache line of its own: counting never contends with the data.
  [[nodiscard]] static constexpr std::size_t total(std::size_t bytes) noexcept { return bytes + 2 * pool::alignment; }

  // Apart: every tensor that goes out of scope would carry a copy of the pool's code.
  [[nodiscard, gnu::noinline, gnu::returns_nonnull]] static header* make(std::size_t bytes) { return ::new (pool::allocate(total(bytes))) header{{1}, false, device::cpu(), bytes}; }
  [[gnu::noinline]] static void end(header* head) noexcept {
    const std::size_t bytes = total(head->bytes);
    head->~header();
    pool::release(head, bytes);
  }

  header* head_ = nullptr;
};

}  // namespace tessera
