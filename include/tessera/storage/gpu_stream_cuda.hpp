// SPDX-License-Identifier: BSL-1.0
#pragma once
// The streams of CUDA devices and the order between them: plain C++ over the CUDA runtime, for .cpp and .cu files alike.

#include <tessera/core/error.hpp>
#include <tessera/storage/gpu_fault.hpp>
#include <tessera/storage/gpu_staging.hpp>
#include <tessera/storage/gpu_stream.hpp>

#if TESSERA_USE_CUDA

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

namespace tessera::gpu {

/// Throws where a call of the CUDA runtime failed.
///   error  device_error: what was done and CUDA's own words
inline void check(cudaError_t status, const char* doing) {
  if (status != cudaSuccess) [[unlikely]] {
    static_cast<void>(cudaGetLastError());
    raise<device_error>({"tessera: ", doing, ": ", cudaGetErrorString(status)});
  }
}

/// Makes a GPU the one that the CUDA runtime speaks to, until the end of the scope.
class chosen {
 public:
  explicit chosen(int gpu) {
    check(cudaGetDevice(&before_), "asking for the GPU in use");
    if (before_ != gpu) check(cudaSetDevice(gpu), "choosing a GPU");
    changed_ = before_ != gpu;
  }
  ~chosen() {
    if (changed_) static_cast<void>(cudaSetDevice(before_));
  }
  chosen(const chosen&) = delete;
  chosen& operator=(const chosen&) = delete;

 private:
  int before_ = 0;
  bool changed_ = false;
};

namespace memory {

namespace detail {

inline constexpr int most_gpus = 64;

/// A stream as a queue of copies.
struct copy_queue {
  using event = cudaEvent_t;
  int gpu = 0;
  cudaStream_t stream = nullptr;

  void make(int of) {
    gpu = of;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  }
  [[nodiscard]] cudaEvent_t make_event() const {
    const chosen scope(gpu);
    cudaEvent_t made = nullptr;
    check(cudaEventCreateWithFlags(&made, cudaEventDisableTiming), "making an event");
    return made;
  }
  [[nodiscard]] static void* reserve(std::size_t bytes) {
    void* piece = nullptr;
    check(cudaHostAlloc(&piece, bytes, cudaHostAllocPortable), "reserving memory for copies to a GPU");
    return piece;
  }
  void copy(void* to, const void* from, std::size_t bytes) const { check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream), "copying to a GPU"); }
  void record(cudaEvent_t here) const { check(cudaEventRecord(here, stream), "marking a place in a stream"); }
  [[nodiscard]] static bool is_done(cudaEvent_t which) {
    const cudaError_t status = cudaEventQuery(which);
    if (status != cudaErrorNotReady) check(status, "asking for an event");
    return status == cudaSuccess;
  }
  static void wait(cudaEvent_t which) { check(cudaEventSynchronize(which), "waiting for a copy to a GPU"); }
};

struct context {
  copy_queue work, ahead;
  staging<copy_queue> staged_work, staged_ahead;
  cudaMemPool_t pool = nullptr, pool_ahead = nullptr;
  cudaEvent_t mark = nullptr;
  fault* faults = nullptr;
  std::mutex marking;
  std::atomic<std::size_t> held{0};
  std::once_flag made;

  void make(int gpu) {
    const chosen scope(gpu);
    work.make(gpu);
    ahead.make(gpu);
    mark = work.make_event();
    void* shared = nullptr;  // with one address for the processor and for every GPU
    check(cudaHostAlloc(&shared, sizeof(fault), cudaHostAllocMapped | cudaHostAllocPortable), "reserving memory that a GPU shares");
    faults = ::new (shared) fault{};
    pool = make_pool(gpu);
    pool_ahead = make_pool(gpu);
    int no = 0;  // a copy that runs ahead would otherwise wait for the work that used its memory before
    check(cudaMemPoolSetAttribute(pool_ahead, cudaMemPoolReuseAllowInternalDependencies, &no), "setting up a pool of memory");
  }
  [[nodiscard]] static cudaMemPool_t make_pool(int gpu) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = gpu;
    cudaMemPool_t made = nullptr;
    check(cudaMemPoolCreate(&made, &properties), "making a pool of memory");
    std::uint64_t keep = UINT64_MAX;  // by default a pool gives all back to the system at each synchronisation
    check(cudaMemPoolSetAttribute(made, cudaMemPoolAttrReleaseThreshold, &keep), "setting up a pool of memory");
    return made;
  }
};
// Never destroyed: a static tensor may outlive whatever else is static.
[[nodiscard]] inline context& of(int gpu) {
  static context* const all = new context[most_gpus];
  std::call_once(all[gpu].made, [&] { all[gpu].make(gpu); });
  return all[gpu];
}

/// What is given to `later` from now on waits for what was given so far to `earlier`, a stream of the GPU. The processor waits for
/// neither. (A wait keeps the record that it saw, so one event serves every call.)
inline void order(int gpu, cudaStream_t earlier, cudaStream_t later) {
  context& on = of(gpu);
  const std::lock_guard guard(on.marking);
  check(cudaEventRecord(on.mark, earlier), "marking a place in a stream");
  check(cudaStreamWaitEvent(later, on.mark, 0), "ordering two streams");
}

}  // namespace detail

[[nodiscard]] inline int count() noexcept {
  static const int there = [] {
    int n = 0;
    if (cudaGetDeviceCount(&n) != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      return 0;
    }
    return n < detail::most_gpus ? n : detail::most_gpus;
  }();
  return there;
}

/// The stream to which this thread gives its work: as a rule, the one on which the GPU does all work of the library.
[[nodiscard]] inline cudaStream_t stream(int gpu) {
  const detail::context& on = detail::of(gpu);
  return detail::goes_ahead ? on.ahead.stream : on.work.stream;
}

/// Where work on the GPU says what it found wrong.
[[nodiscard]] inline fault* faults(int gpu) { return detail::of(gpu).faults; }

inline void join(int gpu) { detail::order(gpu, detail::of(gpu).ahead.stream, detail::of(gpu).work.stream); }

inline void synchronize(int gpu) {
  for (const cudaStream_t each : {detail::of(gpu).ahead.stream, detail::of(gpu).work.stream}) check(cudaStreamSynchronize(each), "waiting for a GPU");
}

}  // namespace memory
}  // namespace tessera::gpu

#endif  // TESSERA_USE_CUDA
