// SPDX-License-Identifier: BSL-1.0
#pragma once
// The counted piece of memory that tensors, expressions and the tape share.

#include <tessera/storage/device.hpp>
#include <tessera/storage/pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
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

inline void count_one_more(std::atomic<int>& references) noexcept {
  if (is_alone()) references.store(references.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  else references.fetch_add(1, std::memory_order_relaxed);
}
/// Was it the last one?
[[nodiscard]] inline bool count_one_less(std::atomic<int>& references) noexcept {
  // Of one handle nobody else can make another meanwhile: it needs no locked instruction either.
  if (!is_alone()) return references.load(std::memory_order_acquire) == 1 || references.fetch_sub(1, std::memory_order_acq_rel) == 1;
  const int before = references.load(std::memory_order_relaxed);
  references.store(before - 1, std::memory_order_relaxed);
  return before == 1;
}

}  // namespace detail

/// A counted handle of a block of memory. Copying it counts; the last one gives the memory back.
class block {
 public:
  struct header {
    std::atomic<int> references;
    std::int32_t size_class;  // of the piece that this header begins
    bool exported;
    tessera::device where;
    std::size_t bytes;
    void* data;  // of a build with GPUs
  };

  block() = default;
  /// A new block of at least `bytes` bytes on the current device, uninitialised, with one cache line of readable slack behind it.
  explicit block(std::size_t bytes) : block(bytes, current_device()) {}
  block(std::size_t bytes, tessera::device where) : head_(has_gpu ? make(bytes, where) : make(bytes)) {}
  // What follows is no GPU code; but rules that a GPU runs on numbers also run on values that hold blocks, and nvcc must not mind.
  // What is inlined never gives away where the handle is: so the compiler keeps it in a register, and sees that one which has been
  // moved from ends without a call.
  TESSERA_CALLS_ANYTHING
  TESSERA_FN block(const block& other) noexcept : head_(other.head_) {
    if (head_ != nullptr) take(head_);
  }
  TESSERA_CALLS_ANYTHING
  TESSERA_FN block(block&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  TESSERA_CALLS_ANYTHING
  TESSERA_FN block& operator=(block other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  TESSERA_CALLS_ANYTHING
  TESSERA_FN ~block() {
    if (head_ != nullptr) drop(head_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return head_ != nullptr; }
  [[nodiscard]] void* data() const noexcept {
    if constexpr (has_gpu) return head_ == nullptr ? nullptr : head_->data;
    else return reinterpret_cast<std::byte*>(head_) + pool::alignment;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return head_ == nullptr ? 0 : head_->bytes; }
  [[nodiscard]] tessera::device device() const noexcept { return head_ == nullptr ? device::cpu() : head_->where; }

  /// The number of handles. An acquire load: what other threads did before letting go is visible to the caller.
  [[nodiscard]] int references() const noexcept {
    return head_ == nullptr ? 0 : head_->references.load(std::memory_order_acquire);
  }
  /// Has a raw pointer for writing been handed out? Such a block never moves; whoever captures it copies it instead.
  [[nodiscard]] bool exported() const noexcept { return head_ != nullptr && head_->exported; }
  void mark_exported() noexcept { head_->exported = true; }

  /// Another handle, for somebody who reads: of a block of its own where this one may be written at any time.
  [[nodiscard]] block captured() const { return block(captured(head_)); }
  /// Another handle as a pointer, which block(header*) takes over: what a function returns in a register.
  [[nodiscard]] header* shared() const noexcept {
    if (head_ != nullptr) detail::count_one_more(head_->references);
    return head_;
  }
  explicit block(header* head) noexcept : head_(head) {}
  /// A block of its own with the same bytes, on the same device or on another.
  [[nodiscard]] block copy() const { return block(copied(head_, device())); }
  [[nodiscard]] block copy(tessera::device to) const { return block(copied(head_, to)); }
  /// Copies the bytes of a block of the same size, wherever the two are.
  void assign(const block& from) {
    if (!from.device().is_gpu()) write(from.data(), from.bytes());
    else if (!device().is_gpu()) from.read(data());
    else if (from.device() == device()) gpu::memory::copy(device().index(), data(), from.data(), bytes());
    else copy_across(from);
  }
  /// Copies the bytes to memory of the processor, or `size` of them from `offset` on. Of a GPU's block: waits for its work.
  void read(void* to) const { read(to, 0, bytes()); }
  void read(void* to, std::size_t offset, std::size_t size) const {
    const std::byte* const from = static_cast<const std::byte*>(data()) + offset;
    if (device().is_gpu()) {
      gpu::detail::note_wait("reading a tensor");
      gpu::memory::download(device().index(), to, from, size);
      gpu::detail::note_waited(device().index());
    } else if (size != 0) {
      std::memcpy(to, from, size);
    }
  }
  /// Copies `size` bytes from memory of the processor to `offset`.
  void write(const void* from, std::size_t size, std::size_t offset = 0) {
    std::byte* const to = static_cast<std::byte*>(data()) + offset;
    if (device().is_gpu()) upload(to, from, size);
    else if (size != 0) std::memcpy(to, from, size);
  }
  /// Writes zeros.
  void clear() {
    if (device().is_gpu()) gpu::memory::clear(device().index(), data(), bytes());
    else if (bytes() != 0) std::memset(data(), 0, bytes());
  }
  /// Gives this handle a block of its own where others share it: what it holds may then be written.
  void make_unique() {
    if (references() > 1) [[unlikely]] head_ = detached(head_);
  }

  friend bool operator==(const block& a, const block& b) noexcept { return a.head_ == b.head_; }

 private:
  static_assert(sizeof(header) <= pool::alignment);

  void copy_across(const block& from) {
    gpu::detail::note_not_captured("a copy between GPUs", "waits for the other one");
    gpu::memory::copy_across(device().index(), data(), from.device().index(), from.data(), bytes());
  }
  void upload(void* to, const void* from, std::size_t size) {
    gpu::detail::note_not_captured("writing a tensor", "reads the memory of the processor");
    gpu::memory::upload(device().index(), to, from, size);
  }

  [[nodiscard]] TESSERA_APART_ONCE static header* copied(header* head, tessera::device to) {
    if (head != nullptr) take(head);
    const block from(head);
    block own(from.bytes(), to);
    own.assign(from);
    return std::exchange(own.head_, nullptr);
  }
  // Takes over one handle of many.
  [[nodiscard]] TESSERA_APART_ONCE static header* detached(header* head) {
    header* const own = copied(head, head->where);
    drop(head);
    return own;
  }
  [[nodiscard]] TESSERA_APART_ONCE static header* captured(header* head) {
    if (head == nullptr) return nullptr;
    if (head->exported) [[unlikely]] return copied(head, head->where);
    detail::count_one_more(head->references);
    return head;
  }
  // One handle more; one less, of which the last ends the block. Apart: they would be the larger part of every expression.
  TESSERA_APART_ONCE static void take(header* head) noexcept { detail::count_one_more(head->references); }
  TESSERA_APART_ONCE static void drop(header* head) noexcept {
    if (detail::count_one_less(head->references)) end(head);
  }

  // The header has a cache line of its own: counting never contends with the data.
  [[nodiscard]] static constexpr std::size_t total(std::size_t bytes) noexcept { return bytes + 2 * pool::alignment; }

  // Apart: every tensor that goes out of scope would carry a copy of the pool's code.
  [[nodiscard, gnu::returns_nonnull]] TESSERA_APART_ONCE static header* make(std::size_t bytes) {
    const int size_class = pool::detail::class_of(total(bytes));
    void* const piece = pool::detail::allocate_class(size_class);
    return ::new (piece) header{{1}, size_class, false, device::cpu(), bytes, static_cast<std::byte*>(piece) + pool::alignment};
  }
  // The header of a GPU's block is in the processor's memory.
  [[nodiscard, gnu::returns_nonnull]] TESSERA_APART_ONCE static header* make(std::size_t bytes, tessera::device where) {
    if (!where.is_gpu()) return make(bytes);
    void* const data = gpu::detail::allocate(where.index(), bytes);
    return ::new (pool::allocate(pool::alignment)) header{{1}, pool::detail::class_of(pool::alignment), false, where, bytes, data};
  }
  TESSERA_APART_ONCE static void end(header* head) noexcept {
    if (head->where.is_gpu()) gpu::detail::release(head->where.index(), head->data, head->bytes);
    const int size_class = head->size_class;
    head->~header();
    pool::detail::release_class(head, size_class);
  }

  header* head_ = nullptr;
};

}  // namespace tessera
