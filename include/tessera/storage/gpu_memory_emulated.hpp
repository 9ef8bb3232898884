// SPDX-License-Identifier: BSL-1.0
#pragma once
// Two GPUs that are this processor: memory apart, which the program cannot touch outside of kernels and copies (a page fault
// ends it). So everything but the hardware is tested where there is none. Work is done when it is given; copies that run ahead of it
// are done when somebody waits for them, so that a wait that was forgotten is seen.

#include <tessera/core/error.hpp>
#include <tessera/storage/gpu_fault.hpp>
#include <tessera/storage/gpu_staging.hpp>
#include <tessera/storage/gpu_stream.hpp>

#if TESSERA_EMULATED_GPU && !TESSERA_USE_CUDA

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <new>
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

/// The copies of a GPU from the processor's memory; an event is the number of those before it.
struct copy_queue {
  using event = std::size_t;
  struct copy_of {
    void* to;
    const void* from;
    std::size_t bytes;
  };
  bool waits = false;
  std::size_t done = 0;
  std::vector<copy_of> open{};

  [[nodiscard]] static std::size_t make_event() { return 0; }
  [[nodiscard]] static void* reserve(std::size_t bytes) { return ::operator new(bytes); }
  void copy(void* to, const void* from, std::size_t bytes) {
    open.push_back({to, from, bytes});
    if (!waits) wait(done + 1);
  }
  void record(event& here) const { here = done + open.size(); }
  [[nodiscard]] bool is_done(event which) const { return which <= done; }
  void wait(event which) {
    if (is_done(which)) return;
    const opened scope;
    for (std::size_t i = 0; i < which - done; ++i) std::memcpy(open[i].to, open[i].from, open[i].bytes);
    open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(which - done));
    done = which;
  }
};
struct queues {
  copy_queue work, ahead{.waits = true};
  staging<copy_queue> staged_work, staged_ahead;
  fault found{};
};
[[nodiscard]] inline queues& queues_of(int gpu) {
  static queues* const all = new queues[emulated_gpus];
  return all[gpu];
}

/// Where the work of this thread is written down instead of done.
inline thread_local constinit std::vector<std::function<void()>>* recorder = nullptr;

/// Does work of the GPU.
template <class F>
void give(const F& work) {
  if (recorder != nullptr) return recorder->push_back(work);
  const opened scope;
  work();
}

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
inline void upload(int gpu, void* to, const void* from, std::size_t bytes) {
  const std::unique_lock lock(detail::access);
  detail::queues& on = detail::queues_of(gpu);
  if (detail::goes_ahead) on.staged_ahead.upload(on.ahead, to, from, bytes);
  else on.staged_work.upload(on.work, to, from, bytes);
}
[[nodiscard]] inline void* reserve(int gpu, std::size_t bytes) { return allocate(gpu, bytes); }
inline void unreserve(int gpu, void* piece, std::size_t bytes) noexcept { release(gpu, piece, bytes); }
inline void copy(int, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) detail::give([=] { std::memcpy(to, from, bytes); });
}
inline void download(int gpu, void* to, const void* from, std::size_t bytes) { copy(gpu, to, from, bytes); }
inline void clear(int, void* to, std::size_t bytes) {
  if (bytes != 0) detail::give([=] { std::memset(to, 0, bytes); });
}
inline void copy_across(int, void* to, int gpu, const void* from, std::size_t bytes) { copy(gpu, to, from, bytes); }
[[nodiscard]] inline fault* faults(int gpu) { return &detail::queues_of(gpu).found; }
inline void join(int gpu) {
  const std::unique_lock lock(detail::access);
  detail::copy_queue& queue = detail::queues_of(gpu).ahead;
  queue.wait(queue.done + queue.open.size());
}
inline void synchronize(int gpu) { join(gpu); }
[[nodiscard]] inline std::size_t held(int gpu) noexcept { return detail::arenas[gpu].held; }

}  // namespace tessera::gpu::memory

#endif  // TESSERA_EMULATED_GPU && !TESSERA_USE_CUDA
