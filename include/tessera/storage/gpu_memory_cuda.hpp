// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory of CUDA devices: plain C++ over the CUDA runtime, for .cpp and .cu files alike. Each GPU has one stream, on which
// all its work is done in order, and one pool that keeps what is freed for the next allocation.

#include <tessera/core/error.hpp>

#if TESSERA_USE_CUDA

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

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

struct context {
  cudaStream_t stream = nullptr;
  cudaMemPool_t pool = nullptr;
  std::atomic<std::size_t> held{0};
  std::once_flag made;

  void make(int gpu) {
    const chosen scope(gpu);
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = gpu;
    check(cudaMemPoolCreate(&pool, &properties), "making a pool of memory");
    std::uint64_t keep = UINT64_MAX;  // by default a pool gives all back to the system at each synchronisation
    check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep), "setting up a pool of memory");
  }
};
// Never destroyed: a static tensor may outlive whatever else is static.
[[nodiscard]] inline context& of(int gpu) {
  static context* const all = new context[most_gpus];
  std::call_once(all[gpu].made, [&] { all[gpu].make(gpu); });
  return all[gpu];
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

/// The stream on which the GPU does all work of the library.
[[nodiscard]] inline cudaStream_t stream(int gpu) { return detail::of(gpu).stream; }

inline void synchronize(int gpu) { check(cudaStreamSynchronize(stream(gpu)), "waiting for a GPU"); }

/// Gives what the pool keeps back to the system.
///   like  torch.cuda.empty_cache
inline void trim(int gpu) {
  synchronize(gpu);
  check(cudaMemPoolTrimTo(detail::of(gpu).pool, 0), "trimming a pool of memory");
}

[[nodiscard]] inline void* allocate(int gpu, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  detail::context& on = detail::of(gpu);
  void* piece = nullptr;
  cudaError_t status = cudaMallocFromPoolAsync(&piece, bytes, on.pool, on.stream);
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    trim(gpu);
    status = cudaMallocFromPoolAsync(&piece, bytes, on.pool, on.stream);
  }
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    raise<device_error>({"tessera: gpu:", gpu, " has no room for ", bytes, " bytes; ", on.held.load(), " are held"});
  }
  check(status, "allocating memory on a GPU");
  on.held += bytes;
  return piece;
}
inline void release(int gpu, void* piece, std::size_t bytes) noexcept {
  if (piece == nullptr) return;
  detail::context& on = detail::of(gpu);
  on.held -= bytes;
  static_cast<void>(cudaFreeAsync(piece, on.stream));  // it fails only where the driver has gone before a static tensor
}
inline void upload(int gpu, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream(gpu)), "copying to a GPU");
}
inline void download(int gpu, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream(gpu)), "copying from a GPU");
  synchronize(gpu);
}
inline void copy(int gpu, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream(gpu)), "copying on a GPU");
}
inline void clear(int gpu, void* to, std::size_t bytes) {
  if (bytes != 0) check(cudaMemsetAsync(to, 0, bytes, stream(gpu)), "clearing memory of a GPU");
}
inline void copy_across(int to_gpu, void* to, int from_gpu, const void* from, std::size_t bytes) {
  synchronize(from_gpu);
  if (bytes != 0) check(cudaMemcpyPeerAsync(to, to_gpu, from, from_gpu, bytes, stream(to_gpu)), "copying between GPUs");
  synchronize(to_gpu);  // the source may be freed on its own stream
}
[[nodiscard]] inline std::size_t held(int gpu) noexcept { return detail::of(gpu).held; }

}  // namespace memory
}  // namespace tessera::gpu

#endif  // TESSERA_USE_CUDA
