// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the emulated GPU lacks of CUDA, for stand-ins of its libraries.

#include <tessera/storage/gpu_memory.hpp>

#include <cstddef>

using cudaStream_t = struct CUstream_st*;
enum cudaError_t { cudaSuccess = 0 };

namespace tessera::gpu {
inline void check(cudaError_t, const char*) {}
struct chosen {
  explicit chosen(int) {}
  ~chosen() {}
};
namespace memory {
[[nodiscard]] inline cudaStream_t stream(int) { return nullptr; }
namespace detail {
inline constexpr int most_gpus = emulated_gpus;
}
}  // namespace memory
}  // namespace tessera::gpu

inline cudaError_t cudaMalloc(void** to, std::size_t bytes) { return *to = tessera::gpu::memory::allocate(0, bytes), cudaSuccess; }
