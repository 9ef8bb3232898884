// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory of CUDA devices, in the order of their streams, from a pool that keeps what is freed for the next allocation.

#include <tessera/storage/gpu_stream_cuda.hpp>

#if TESSERA_USE_CUDA

namespace tessera::gpu::memory {

/// Gives what the pool keeps back to the system.
///   like  torch.cuda.empty_cache
inline void trim(int gpu) {
  synchronize(gpu);
  for (const cudaMemPool_t each : {detail::of(gpu).pool, detail::of(gpu).pool_ahead}) check(cudaMemPoolTrimTo(each, 0), "trimming a pool of memory");
}

[[nodiscard]] inline void* allocate(int gpu, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  detail::context& on = detail::of(gpu);
  const cudaMemPool_t from = detail::goes_ahead ? on.pool_ahead : on.pool;
  void* piece = nullptr;
  cudaError_t status = cudaMallocFromPoolAsync(&piece, bytes, from, stream(gpu));
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    trim(gpu);
    status = cudaMallocFromPoolAsync(&piece, bytes, from, stream(gpu));
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
  static_cast<void>(cudaFreeAsync(piece, on.work.stream));  // it fails only where the driver has gone before a static tensor
}
[[nodiscard]] inline void* reserve(int gpu, std::size_t bytes) {
  const chosen scope(gpu);
  detail::context& on = detail::of(gpu);
  void* piece = nullptr;
  cudaError_t status = cudaMalloc(&piece, bytes);
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    for (const cudaMemPool_t each : {on.pool, on.pool_ahead}) static_cast<void>(cudaMemPoolTrimTo(each, 0));
    status = cudaMalloc(&piece, bytes);
  }
  check(status, "reserving memory for a captured step");
  on.held += bytes;
  return piece;
}
inline void unreserve(int gpu, void* piece, std::size_t bytes) noexcept {
  detail::of(gpu).held -= bytes;
  static_cast<void>(cudaFree(piece));
}
inline void upload(int gpu, void* to, const void* from, std::size_t bytes) {
  detail::context& on = detail::of(gpu);
  if (detail::goes_ahead) on.staged_ahead.upload(on.ahead, to, from, bytes);
  else on.staged_work.upload(on.work, to, from, bytes);
}
inline void download(int gpu, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream(gpu)), "copying from a GPU");
  check(cudaStreamSynchronize(stream(gpu)), "waiting for a GPU");
}
inline void copy(int gpu, void* to, const void* from, std::size_t bytes) {
  if (bytes != 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream(gpu)), "copying on a GPU");
}
inline void clear(int gpu, void* to, std::size_t bytes) {
  const chosen scope(gpu);
  if (bytes != 0) check(cudaMemsetAsync(to, 0, bytes, stream(gpu)), "clearing memory of a GPU");
}
inline void copy_across(int to_gpu, void* to, int from_gpu, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  detail::order(from_gpu, stream(from_gpu), stream(to_gpu));  // what is read has been written
  check(cudaMemcpyPeerAsync(to, to_gpu, from, from_gpu, bytes, stream(to_gpu)), "copying between GPUs");
  detail::order(to_gpu, stream(to_gpu), stream(from_gpu));  // and is neither written nor given back before it has been read
}
[[nodiscard]] inline std::size_t held(int gpu) noexcept { return detail::of(gpu).held; }

}  // namespace tessera::gpu::memory

#endif  // TESSERA_USE_CUDA
