// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory of one captured step: what the step allocates has the same addresses on every replay, and nobody else gets it.

#include <tessera/storage/gpu_memory.hpp>

#if TESSERA_HAS_GPU

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <map>
#include <mutex>
#include <vector>

namespace tessera::gpu::detail {

/// Pieces of a few large chunks. While the step is captured, a piece that is given back serves again: the order of the captured work
/// makes that right. Afterwards none does. The chunks are given back when the graph has gone and no block is left in them.
class arena {
 public:
  arena(int gpu, std::size_t chunk_bytes) : gpu_(gpu), least_chunk_(chunk_bytes) {
    const std::lock_guard guard(access());
    all().push_back(this);
    ++count();
  }
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  [[nodiscard]] void* allocate(std::size_t bytes) {
    const std::lock_guard guard(access());
    const std::size_t size = (std::max<std::size_t>(bytes, 1) + unit - 1) / unit * unit;
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it)
      if (it->second >= size && (best == free_.end() || it->second < best->second)) best = it;
    if (best == free_.end()) {
      const std::size_t reserved = std::max(size, least_chunk_);
      chunks_.push_back({static_cast<std::byte*>(memory::reserve(gpu_, reserved)), reserved});
      best = free_.emplace(chunks_.back().start, reserved).first;
    }
    std::byte* const piece = best->first;
    const std::size_t rest = best->second - size;
    free_.erase(best);
    if (rest != 0) free_.emplace(piece + size, rest);
    used_.emplace(piece, size);
    return piece;
  }
  /// The graph has gone.
  void disown() noexcept {
    const std::lock_guard guard(access());
    owned_ = false;
    end_if_unused();
  }

  /// Takes back a piece that came from any arena; false for other memory.
  [[nodiscard]] static bool take_back(void* piece) noexcept {
    if (count().load(std::memory_order_acquire) == 0) return false;
    const std::lock_guard guard(access());
    for (arena* each : all())
      if (const auto found = each->used_.find(static_cast<std::byte*>(piece)); found != each->used_.end()) {
        each->free(found);
        return true;
      }
    return false;
  }

 private:
  static constexpr std::size_t unit = 512;
  using pieces = std::map<std::byte*, std::size_t>;
  struct chunk {
    std::byte* start;
    std::size_t bytes;
  };

  void free(pieces::iterator piece) noexcept {
    auto place = free_.insert(used_.extract(piece)).position;
    if (const auto next = std::next(place); next != free_.end() && touch(place, next)) place->second += next->second, free_.erase(next);
    if (place != free_.begin())
      if (const auto before = std::prev(place); touch(before, place)) before->second += place->second, free_.erase(place);
    end_if_unused();
  }
  [[nodiscard]] bool touch(pieces::iterator a, pieces::iterator b) const noexcept {
    return a->first + a->second == b->first && std::none_of(chunks_.begin(), chunks_.end(), [&](const chunk& c) { return c.start == b->first; });
  }
  void end_if_unused() noexcept {
    if (owned_ || !used_.empty()) return;
    for (const chunk& each : chunks_) memory::unreserve(gpu_, each.start, each.bytes);
    std::erase(all(), this);
    --count();
    delete this;
  }

  static std::mutex& access() {
    static std::mutex* const one = new std::mutex;  // a static tensor may be given back after every static object
    return *one;
  }
  static std::vector<arena*>& all() {
    static std::vector<arena*>* const list = new std::vector<arena*>;
    return *list;
  }
  static std::atomic<int>& count() {
    static std::atomic<int> number{0};
    return number;
  }

  const int gpu_;
  const std::size_t least_chunk_;
  bool owned_ = true;
  std::vector<chunk> chunks_;
  pieces free_, used_;
};

}  // namespace tessera::gpu::detail

#endif  // TESSERA_HAS_GPU
