// SPDX-License-Identifier: BSL-1.0
#pragma once
// Items on a GPU: one thread for each item, or for each packet of them. Only nvcc reads this file.

#include <tessera/shape/extents.hpp>
#include <tessera/storage/gpu_memory.hpp>

#if defined(__CUDACC__)

#pragma nv_diagnostic push
#pragma nv_diag_error 20011, 20012, 20013, 20014, 20015

namespace tessera::backend::items::cuda {

inline constexpr int threads_of_block = 256;

template <class F>
__global__ void __launch_bounds__(threads_of_block) run_items(const __grid_constant__ F f, extent n) {
  const extent stride = static_cast<extent>(gridDim.x) * threads_of_block;
  for (extent i = static_cast<extent>(blockIdx.x) * threads_of_block + threadIdx.x; i < n; i += stride) f(i);
}
/// The first n items as packets.
template <class F>
__global__ void __launch_bounds__(threads_of_block) run_packets(const __grid_constant__ F f, extent n) {
  const extent stride = static_cast<extent>(gridDim.x) * threads_of_block * F::packet_size;
  for (extent i = (static_cast<extent>(blockIdx.x) * threads_of_block + threadIdx.x) * F::packet_size; i < n; i += stride) f.packet(i);
}
/// The items that fill no packet.
template <class F>
__global__ void run_rest(const __grid_constant__ F f, extent first, extent n) {
  const extent i = first + threadIdx.x;
  if (i < n) f(i);
}

/// The lanes of a warp.
struct warp {
  [[nodiscard]] __device__ static int lane() { return static_cast<int>(threadIdx.x % 32); }
  [[nodiscard]] __device__ static constexpr int lanes() { return 32; }
  template <class Combine, class X>
  [[nodiscard]] __device__ static X combine(X x) {
    for (int other = 16; other > 0; other /= 2) x = Combine::combine(x, __shfl_xor_sync(0xffffffffU, x, other));
    return x;
  }
};
/// A warp for each row.
template <class F>
__global__ void __launch_bounds__(threads_of_block) run_rows(const __grid_constant__ F f, extent n) {
  constexpr int warps = threads_of_block / 32;
  const extent stride = static_cast<extent>(gridDim.x) * warps;
  for (extent row = static_cast<extent>(blockIdx.x) * warps + threadIdx.x / 32; row < n; row += stride) f(row, warp{});
}

/// Blocks for n threads: enough to fill any GPU, each thread then goes through several.
[[nodiscard]] inline unsigned blocks_for(extent n) {
  constexpr extent most = 16384;
  const extent blocks = (n + threads_of_block - 1) / threads_of_block;
  return static_cast<unsigned>(blocks < most ? blocks : most);
}

/// What the slot of F holds.
template <class F>
void run(const F& f, extent n, int gpu) {
  const tessera::gpu::chosen scope(gpu);
  const cudaStream_t stream = tessera::gpu::memory::stream(gpu);
  if constexpr (requires { f.run_on(stream); }) {
    f.run_on(stream);
  } else if constexpr (requires { typename F::row_work; }) {
    run_rows<typename F::row_work><<<blocks_for(32 * n), threads_of_block, 0, stream>>>(f.f, n);
  } else {
    extent packed = 0;
    if constexpr (requires { F::packet_size; }) {
      if (f.packs()) packed = n / F::packet_size * F::packet_size;
      if (packed != 0) run_packets<F><<<blocks_for(packed / F::packet_size), threads_of_block, 0, stream>>>(f, packed);
      if (packed != 0 && packed != n) run_rest<F><<<1, F::packet_size, 0, stream>>>(f, packed, n);
    }
    if (packed == 0) run_items<F><<<blocks_for(n), threads_of_block, 0, stream>>>(f, n);
  }
  tessera::gpu::check(cudaGetLastError(), "launching a kernel");
}

}  // namespace tessera::backend::items::cuda

#pragma nv_diagnostic pop

#endif  // defined(__CUDACC__)
