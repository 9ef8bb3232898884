// SPDX-License-Identifier: BSL-1.0
#pragma once
// Work that Thrust has an algorithm for. F is a small struct with
//   operator()()        the work on the processor
//   with(policy)        the same by Thrust, on whatever system the policy names; only where Thrust is part of the build

#include <tessera/backend/items/launch.hpp>

#if TESSERA_RUNS_ITEMS

#if defined(__CUDACC__)
#include <thrust/system/cuda/execution_policy.h>
#endif

namespace tessera::backend {

namespace items {

/// An algorithm in the form of one item.
template <class F>
struct algorithm {
  F f;
  void operator()(extent) const { f(); }
#if defined(__CUDACC__)
  void run_on(cudaStream_t stream) const { f.with(::thrust::cuda::par_nosync.on(stream)); }
#endif
};

}  // namespace items

/// Runs an algorithm where this thread's work goes.
template <class F>
void launch_algorithm(const F& f) {
  if constexpr (has_gpu)
    if (current_device().is_gpu()) return items::run_on_gpu(1, items::algorithm<F>{f});
#if TESSERA_USE_THRUST
  if (selected() >= kind::thrust_cpp) return items::with_policy(selected(), [&f](const auto& policy) { f.with(policy); });
#endif
  f();
}

}  // namespace tessera::backend

#endif  // TESSERA_RUNS_ITEMS
