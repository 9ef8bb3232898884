// SPDX-License-Identifier: BSL-1.0
#pragma once
// Copies from the processor's memory to a GPU that nobody waits for: the bytes are first put into memory that the GPU itself can
// read at any time. What a queue of copies must have:
//   event                     a point in its order, made by make_event()
//   reserve(bytes)            such memory, which is never given back
//   copy(to, from, bytes)     in the order of the queue
//   record(event)             the point behind everything given so far
//   is_done(event), wait(event)

#include <tessera/core/config.hpp>

#if TESSERA_USE_CUDA || TESSERA_EMULATED_GPU

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <vector>

namespace tessera::gpu::memory {

/// A ring of slots. One is filled by copy after copy, then the next, which is free when its last copy is done. Where it is not, a
/// slot is added, until there are most_slots: only then does an upload wait.
template <class Queue>
class staging {
 public:
  static constexpr std::size_t slot_bytes = std::size_t{1} << 20, most_slots = 32;

  /// Copies `bytes` bytes in the order of the queue; `from` may be written again on return.
  void upload(Queue& queue, void* to, const void* from, std::size_t bytes) {
    const std::lock_guard guard(access_);
    for (std::size_t done = 0; done < bytes;) {
      if (slots_.empty() || slots_[current_].used == slot_bytes) turn(queue);
      slot& own = slots_[current_];
      const std::size_t part = std::min(bytes - done, slot_bytes - own.used);
      std::byte* const place = own.memory + own.used;
      std::memcpy(place, static_cast<const std::byte*>(from) + done, part);
      queue.copy(static_cast<std::byte*>(to) + done, place, part);
      own.used = std::min(slot_bytes, own.used + (part + 255) / 256 * 256);
      queue.record(own.copied);
      done += part;
    }
  }
  /// The bytes of all slots.
  [[nodiscard]] std::size_t reserved() const {
    const std::lock_guard guard(access_);
    return slots_.size() * slot_bytes;
  }

 private:
  struct slot {
    std::byte* memory;
    typename Queue::event copied;
    std::size_t used;
  };

  void turn(Queue& queue) {
    const std::size_t next = slots_.empty() ? 0 : (current_ + 1) % slots_.size();
    if (slots_.empty() || (slots_.size() < most_slots && !queue.is_done(slots_[next].copied))) {
      slots_.reserve(slots_.size() + 1);
      const slot fresh{static_cast<std::byte*>(queue.reserve(slot_bytes)), queue.make_event(), 0};
      current_ = slots_.empty() ? 0 : current_ + 1;
      slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(current_), fresh);
      return;
    }
    queue.wait(slots_[next].copied);
    current_ = next;
    slots_[current_].used = 0;
  }

  std::vector<slot> slots_;
  std::size_t current_ = 0;
  mutable std::mutex access_;
};

}  // namespace tessera::gpu::memory

#endif  // TESSERA_USE_CUDA || TESSERA_EMULATED_GPU
