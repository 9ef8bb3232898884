// SPDX-License-Identifier: BSL-1.0
#pragma once
// Items on a GPU: one thread for each item, or for each packet of them, or a team for each row. Only nvcc reads this file.

#include <tessera/backend/items/team.hpp>
#include <tessera/shape/extents.hpp>
#include <tessera/storage/gpu_memory.hpp>

#if defined(__CUDACC__)

#include <bit>

#pragma nv_diagnostic push
#pragma nv_diag_error 20011, 20012, 20013, 20014, 20015

namespace tessera::backend::items::cuda {

inline constexpr int threads_of_block = 256;

/// Items first to n - 1.
template <class F>
__global__ void __launch_bounds__(threads_of_block) run_items(const __grid_constant__ F f, extent first, extent n) {
  const extent stride = static_cast<extent>(gridDim.x) * threads_of_block;
  TESSERA_ROLLED
  for (extent i = first + static_cast<extent>(blockIdx.x) * threads_of_block + threadIdx.x; i < n; i += stride) f(i);
}
/// The first n items as packets.
template <class F>
__global__ void __launch_bounds__(threads_of_block) run_packets(const __grid_constant__ F f, extent n) {
  const extent stride = static_cast<extent>(gridDim.x) * threads_of_block * F::packet_size;
  TESSERA_ROLLED
  for (extent i = (static_cast<extent>(blockIdx.x) * threads_of_block + threadIdx.x) * F::packet_size; i < n; i += stride) f.packet(i);
}
/// Some lanes of a block, a power of two: up to a warp they exchange registers, beyond that warps meet in shared memory.
class team {
 public:
  static constexpr int most_warps = 16;

  __device__ team(int lanes, void* room) : lanes_(lanes), room_(room) {}
  [[nodiscard]] __device__ int lane() const { return static_cast<int>(threadIdx.x) & (lanes_ - 1); }
  [[nodiscard]] __device__ int lanes() const { return lanes_; }
  template <class Combine, class X>
  [[nodiscard]] __device__ X combine(X x) const {
    static_assert(sizeof(X) <= 8);
    if (lanes_ < 32) {
      // Other teams of the warp may be elsewhere: only this one's lanes take part.
      const unsigned all = ((1U << lanes_) - 1U) << (threadIdx.x & 31U & ~static_cast<unsigned>(lanes_ - 1));
      for (int other = lanes_ / 2; other > 0; other /= 2) x = Combine::combine(x, static_cast<X>(__shfl_xor_sync(all, x, other)));
      return x;
    }
    for (int other = 16; other > 0; other /= 2) x = Combine::combine(x, static_cast<X>(__shfl_xor_sync(0xffffffffU, x, other)));
    if (lanes_ == 32) return x;
    X* const of_warp = static_cast<X*>(room_);
    __syncthreads();  // every warp has read what was combined before
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
    __syncthreads();
    x = of_warp[0];
    for (int warp = 1; warp < lanes_ / 32; ++warp) x = Combine::combine(x, of_warp[warp]);
    return x;
  }

 private:
  int lanes_;
  void* room_;
};
/// Teams of 1 << shift lanes. A team of more than a warp is the whole block: its lanes go through the rows together.
template <class F>
__global__ void __launch_bounds__(32 * team::most_warps) run_rows(const __grid_constant__ F f, extent n, int shift) {
  __shared__ __align__(8) unsigned char room[8 * team::most_warps];
  const team own(1 << shift, room);
  const extent teams = blockDim.x >> shift;
  TESSERA_ROLLED
  for (extent row = static_cast<extent>(blockIdx.x) * teams + (threadIdx.x >> shift); row < n; row += static_cast<extent>(gridDim.x) * teams) f(row, own);
}

/// Blocks for n items: enough to fill any GPU, each thread or team then goes through several.
[[nodiscard]] inline unsigned blocks_for(extent n, extent of_block = threads_of_block) {
  constexpr extent most = 16384;
  const extent blocks = (n + of_block - 1) / of_block;
  return static_cast<unsigned>(blocks < most ? blocks : most);
}

/// Starts a kernel whose arguments are an F and numbers on the stream of a GPU. None of these is a template: what each kernel adds to the
/// program's own code is a call.
TESSERA_APART_ONCE void start(const void* kernel, int gpu, unsigned blocks, int threads, void** arguments) {
  static_cast<void>(cudaLaunchKernel(kernel, dim3(blocks), dim3(static_cast<unsigned>(threads)), arguments, 0, tessera::gpu::memory::stream(gpu)));
  tessera::gpu::check(cudaGetLastError(), "launching a kernel");  // which forgets it too
}
TESSERA_APART_ONCE void start_rows(const void* kernel, const void* f, extent n, extent length, int gpu) {
  const int lanes = lanes_of_team(n, length), threads = lanes > threads_of_block ? lanes : threads_of_block;
  int shift = std::countr_zero(static_cast<unsigned>(lanes));
  void* arguments[] = {const_cast<void*>(f), &n, &shift};
  start(kernel, gpu, blocks_for(n, threads / lanes), threads, arguments);
}
TESSERA_APART_ONCE void start_items(const void* kernel, const void* f, extent first, extent n, int gpu) {
  void* arguments[] = {const_cast<void*>(f), &first, &n};
  start(kernel, gpu, blocks_for(n - first), threads_of_block, arguments);
}
TESSERA_APART_ONCE void start_packets(const void* kernel, const void* f, extent n, extent packets, int gpu) {
  void* arguments[] = {const_cast<void*>(f), &n};
  start(kernel, gpu, blocks_for(packets), threads_of_block, arguments);
}

/// What the slot of F holds.
template <class F>
void run(const void* work, extent n, int gpu) {
  const F& f = *static_cast<const F*>(work);
  const tessera::gpu::chosen scope(gpu);
  if constexpr (requires(cudaStream_t stream) { f.run_on(stream); }) {
    f.run_on(tessera::gpu::memory::stream(gpu));
    tessera::gpu::check(cudaGetLastError(), "launching a kernel");
  } else if constexpr (requires { typename F::row_work; }) {
    start_rows(reinterpret_cast<const void*>(&run_rows<typename F::row_work>), &f.f, n, f.length, gpu);
  } else {
    extent packed = 0;
    if constexpr (requires { F::packet_size; }) {
      if (f.packs()) packed = n / F::packet_size * F::packet_size;
      if (packed != 0) start_packets(reinterpret_cast<const void*>(&run_packets<F>), work, packed, packed / F::packet_size, gpu);
    }
    if (packed != n) start_items(reinterpret_cast<const void*>(&run_items<F>), work, packed, n, gpu);
  }
}

}  // namespace tessera::backend::items::cuda

#pragma nv_diagnostic pop

#endif  // defined(__CUDACC__)
