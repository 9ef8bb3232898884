// SPDX-License-Identifier: BSL-1.0
#pragma once
// Two GPUs that are this processor: memory apart, which the program cannot touch outside of kernels and copies (a page fault
// ends it). So everything but the hardware is tested where there is none. Work is done when it is given.

#include <tessera/core/error.hpp>

#if TESSERA_EMULATED_GPU && !TESSERA_USE_CUDA

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace tessera::gpu::memory {

namespace detail {

inline constexpr int emulated_gpus = 2;
inline constexpr std::size_t capacity = std::size_t{1} << 31;  // of addresses; pages come when they are touched

struct arena {
  std::byte* start = nullptr;
  std::size_t used = 0, held = 0, limit = capacity;
  std::map<std::size_t, std::vector<void*>> free;
};
inline arena arenas[emulated_gpus];
inline std::recursive_mutex access;  // one kernel at a time, as on one stream
inline int open_depth = 0;

[[nodiscard]] inline std::size_t rounded(std::size_t bytes) { return (bytes + 255) / 256 * 256 + 256; }

inline void protect(int rights) {
  for (const arena& a : arenas)
    if (a.start != nullptr) mprotect(a.start, a.used, rights);
}

/// While one lives, the memory can be touched.
class opened {
 public:
  opened() : lock_(access) {
    if (open_depth++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  ~opened() {
    if (--open_depth == 0) protect(PROT_NONE);
  }
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

}  // namespace detail

[[nodiscard]] inline int count() noexcept { return detail::emulated_gpus; }

[[nodiscard]] inline void* allocate(int gpu, std::size_t bytes) {
  const std::unique_lock lock(detail::access);
  detail::arena& a = detail::arenas[gpu];
  if (a.start == nullptr) a.start = static_cast<std::byte*>(mmap(nullptr, detail::capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  const std::size_t size = detail::rounded(bytes);
  void* piece = nullptr;
  if (auto& list = a.free[size]; !list.empty()) {
    piece = list.back();
    list.pop_back();
  } else if (bytes <= detail::capacity && a.held + size <= a.limit && a.used + size <= detail::capacity) {
    piece = a.start + a.used;
    a.used += size;
    if (detail::open_depth > 0) detail::protect(PROT_READ | PROT_WRITE);
  } else {
    raise<device_error>({"tessera: gpu:", gpu, " has no room for ", bytes, " bytes; ", a.held, " are held"});
  }
  a.held += size;
  return piece;
}
inline void release(int gpu, void* piece, std::size_t bytes) noexcept {
  const std::unique_lock lock(detail::access);
  detail::arena& a = detail::arenas[gpu];
  a.held -= detail::rounded(bytes);
  a.free[detail::rounded(bytes)].push_back(piece);
}
inline void upload(int, void* to, const void* from, std::size_t bytes) {
  const detail::opened access;
  if (bytes != 0) std::memcpy(to, from, bytes);
}
inline void download(int gpu, void* to, const void* from, std::size_t bytes) { upload(gpu, to, from, bytes); }
inline void copy(int gpu, void* to, const void* from, std::size_t bytes) { upload(gpu, to, from, bytes); }
inline void clear(int, void* to, std::size_t bytes) {
  const detail::opened access;
  if (bytes != 0) std::memset(to, 0, bytes);
}
inline void copy_across(int, void* to, int gpu, const void* from, std::size_t bytes) { upload(gpu, to, from, bytes); }
inline void synchronize(int) noexcept {}
[[nodiscard]] inline std::size_t held(int gpu) noexcept { return detail::arenas[gpu].held; }

}  // namespace tessera::gpu::memory

#endif  // TESSERA_EMULATED_GPU && !TESSERA_USE_CUDA
