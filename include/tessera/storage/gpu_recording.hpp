// SPDX-License-Identifier: BSL-1.0
#pragma once
// Work of a GPU that is written down and done later as a whole: a graph of CUDA, or a list of functions on the emulated GPU.
//   recording(gpu)
//   begin(), end()    between them this thread's work on the GPU is written down; abandon() instead of end() drops it
//   launch()          does it, in the order of the GPU's work
//   end_all()         waits until no launch runs, and drops it

#include <tessera/storage/gpu_memory.hpp>

#if TESSERA_USE_CUDA

namespace tessera::gpu::memory {

class recording {
 public:
  explicit recording(int gpu) noexcept : gpu_(gpu) {}
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;
  ~recording() = default;

  // Relaxed: memory is reserved on the way by cudaMalloc, which belongs to no stream, and modules are loaded when first used.
  void begin() { check(cudaStreamBeginCapture(stream(gpu_), cudaStreamCaptureModeRelaxed), "starting to capture a step"); }
  void end() {
    const chosen scope(gpu_);
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(stream(gpu_), &graph), "capturing a step");
    const cudaError_t status = cudaGraphInstantiate(&graph_, graph, 0);
    static_cast<void>(cudaGraphDestroy(graph));
    check(status, "making a graph of a step");
    check(cudaGraphUpload(graph_, stream(gpu_)), "copying a graph to a GPU");
  }
  void abandon() noexcept {
    cudaGraph_t graph = nullptr;
    static_cast<void>(cudaStreamEndCapture(stream(gpu_), &graph));
    if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
    static_cast<void>(cudaGetLastError());
  }
  void launch() {
    const chosen scope(gpu_);
    check(cudaGraphLaunch(graph_, stream(gpu_)), "replaying a step");
  }
  void end_all() noexcept {
    if (graph_ == nullptr) return;
    static_cast<void>(cudaStreamSynchronize(detail::of(gpu_).work.stream));
    static_cast<void>(cudaGraphExecDestroy(graph_));
    graph_ = nullptr;
  }

 private:
  const int gpu_;
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace tessera::gpu::memory

#elif TESSERA_EMULATED_GPU

namespace tessera::gpu::memory {

class recording {
 public:
  explicit recording(int) noexcept {}
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;
  ~recording() = default;

  void begin() { detail::recorder = &work_; }
  void end() noexcept { detail::recorder = nullptr; }
  void abandon() noexcept {
    end();
    work_.clear();
  }
  void launch() const {
    const detail::opened scope;
    for (const auto& each : work_) each();
  }
  void end_all() noexcept { work_.clear(); }

 private:
  std::vector<std::function<void()>> work_;
};

}  // namespace tessera::gpu::memory

#endif
