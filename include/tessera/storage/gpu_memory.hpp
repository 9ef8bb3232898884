// SPDX-License-Identifier: BSL-1.0
#pragma once
// The memory of GPUs, as plain functions: those of CUDA, of the emulation that tests use, or of a build that has none.
//   count()                               the GPUs that can be used
//   allocate(gpu, bytes)                  memory in the order of the GPU's work; error device_error where it is exhausted
//   release(gpu, piece, bytes)            gives it back, in the order of the GPU's work
//   upload(gpu, to, from, bytes)          from the processor's memory; waits for nothing, and `from` may be written again on return
//   download(gpu, to, from, bytes)        to the processor's memory; waits for all work on the GPU
//   reserve(gpu, bytes), unreserve(gpu, piece, bytes)   memory in no order, as it is given back when nothing uses it
//   copy(gpu, to, from, bytes)            within one GPU
//   clear(gpu, to, bytes)                 writes zeros
//   copy_across(to_gpu, to, from_gpu, from, bytes)   in the order of the work of both; the processor waits for neither
//   join(gpu)                             makes the work wait for what was copied ahead of it (`ahead`)
//   synchronize(gpu)                      waits for all work
//   faults(gpu)                           where work says what it found wrong
//   held(gpu)                             bytes handed out

#include <tessera/core/config.hpp>
#include <tessera/storage/gpu_fault.hpp>
#include <tessera/storage/gpu_memory_cuda.hpp>
#include <tessera/storage/gpu_memory_emulated.hpp>
#include <tessera/storage/gpu_stream.hpp>

#include <cstddef>

#if !TESSERA_USE_CUDA && !TESSERA_EMULATED_GPU

namespace tessera::gpu::memory {

[[nodiscard]] constexpr int count() noexcept { return 0; }
[[nodiscard]] inline void* allocate(int, std::size_t) { return nullptr; }
inline void release(int, void*, std::size_t) noexcept {}
[[nodiscard]] inline void* reserve(int, std::size_t) { return nullptr; }
inline void unreserve(int, void*, std::size_t) noexcept {}
inline void upload(int, void*, const void*, std::size_t) {}
inline void download(int, void*, const void*, std::size_t) {}
inline void copy(int, void*, const void*, std::size_t) {}
inline void clear(int, void*, std::size_t) {}
inline void copy_across(int, void*, int, const void*, std::size_t) {}
inline void join(int) {}
inline void synchronize(int) {}
[[nodiscard]] constexpr fault* faults(int) noexcept { return nullptr; }
[[nodiscard]] constexpr std::size_t held(int) noexcept { return 0; }

}  // namespace tessera::gpu::memory
#endif
