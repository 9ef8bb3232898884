// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory for blocks and graph nodes: freed pieces wait in per-thread lists, one for each size class, so that a training
// step that has run once takes nothing from the system the next time.

#include <tessera/core/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tessera::pool {

/// Every piece starts on a cache line, whatever instruction set the program is built for.
inline constexpr std::size_t alignment = 64;

namespace detail {

struct free_piece {
  free_piece* next;
};

// Four classes for each power of two: at most a fifth of a piece is unused. Class 0 is 64 bytes.
inline constexpr int class_count = 128;
inline constexpr std::size_t kept_bytes_per_thread = std::size_t{1} << 30;

[[nodiscard]] constexpr int class_of(std::size_t bytes) noexcept {
  const std::size_t lines = (bytes + alignment - 1) / alignment;
  if (lines <= 4) return lines == 0 ? 0 : static_cast<int>(lines) - 1;
  const int log = static_cast<int>(std::bit_width(lines - 1)) - 1;  // 2^log <= lines - 1 < 2^(log + 1)
  return 4 * (log - 1) + static_cast<int>((lines - 1) >> (log - 2)) - 4;
}

[[nodiscard]] constexpr std::size_t bytes_of(int size_class) noexcept {
  if (size_class < 4) return static_cast<std::size_t>(size_class + 1) * alignment;
  const int log = size_class / 4 + 1;
  return (static_cast<std::size_t>(size_class % 4 + 5) << (log - 2)) * alignment;
}

static_assert(bytes_of(class_of(1)) == 64 && bytes_of(class_of(257)) == 320 && bytes_of(class_of(513)) == 640);

struct cache {
  free_piece* lists[class_count] = {};
  std::size_t kept = 0;

  cache() = default;
  cache(const cache&) = delete;
  cache& operator=(const cache&) = delete;
  inline ~cache();

  void trim() noexcept {
    for (free_piece*& list : lists)
      while (list != nullptr) {
        free_piece* next = list->next;
        ::operator delete(static_cast<void*>(list), std::align_val_t{alignment});
        list = next;
      }
    kept = 0;
  }
};

// From this size on a piece is worth pages of its own.
inline constexpr std::size_t large = std::size_t{1} << 22;

/// Asks the system for large pages: a matrix whose rows each lie on another small page costs a walk through the page table for
/// every row that is read.
TESSERA_COLD_ONCE void prefer_large_pages([[maybe_unused]] void* piece, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__)
  constexpr std::uintptr_t page = 4096;
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(piece) + page - 1) & ~(page - 1);
  static_cast<void>(madvise(reinterpret_cast<void*>(first), bytes - (first - reinterpret_cast<std::uintptr_t>(piece)), MADV_HUGEPAGE));
#endif
}

// The cache of this thread, once it is used. A static tensor may die after it: from then on pieces go straight to the system.
inline constinit thread_local cache* current = nullptr;
inline constinit thread_local bool gone = false;

inline cache::~cache() {
  trim();
  current = nullptr;
  gone = true;
}

TESSERA_COLD_ONCE cache* first_cache() noexcept {
  if (gone) return nullptr;
  static thread_local cache instance;
  return current = &instance;
}
[[nodiscard]] inline cache* local_cache() noexcept {
  cache* const here = current;
  return here != nullptr ? here : first_cache();
}

// A piece of a class from the system.
TESSERA_COLD_ONCE void* new_piece(int size_class) {
  if (size_class >= class_count) throw std::bad_alloc();  // over 512 GiB: there is no list for it
  void* const piece = ::operator new(bytes_of(size_class), std::align_val_t{alignment});
  if (bytes_of(size_class) >= large) prefer_large_pages(piece, bytes_of(size_class));
  return piece;
}

/// What allocate() and release() do, for those who know the class.
[[nodiscard]] inline void* allocate_class(int size_class) {
  cache* const here = local_cache();
  if (here == nullptr || size_class >= class_count || here->lists[size_class] == nullptr) [[unlikely]] return new_piece(size_class);
  free_piece* const piece = here->lists[size_class];
  here->lists[size_class] = piece->next;
  here->kept -= bytes_of(size_class);
  return piece;
}
inline void release_class(void* piece, int size_class) noexcept {
  const std::size_t size = bytes_of(size_class);
  cache* const here = local_cache();
  if (here == nullptr || here->kept + size > kept_bytes_per_thread) [[unlikely]] return ::operator delete(piece, std::align_val_t{alignment});
  here->lists[size_class] = ::new (piece) free_piece{here->lists[size_class]};
  here->kept += size;
}

}  // namespace detail

/// At least `bytes` bytes on a cache-line boundary, uninitialised.
///   error  std::bad_alloc
[[nodiscard]] TESSERA_ONCE void* allocate(std::size_t bytes) { return detail::allocate_class(detail::class_of(bytes)); }

/// Gives back what allocate(bytes) returned, on any thread.
TESSERA_ONCE void release(void* piece, std::size_t bytes) noexcept { detail::release_class(piece, detail::class_of(bytes)); }

/// Returns to the system what this thread keeps for later, as torch.cuda.empty_cache does for a GPU.
TESSERA_ONCE void trim() noexcept {
  if (detail::cache* cache = detail::local_cache(); cache != nullptr) cache->trim();
}

}  // namespace tessera::pool
