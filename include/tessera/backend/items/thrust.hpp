// SPDX-License-Identifier: BSL-1.0
#pragma once
// Items on Thrust's systems for processors. Chunks of items are handed out, so each system's code exists once, whatever runs on it.

#include <tessera/backend/selector.hpp>
#include <tessera/shape/extents.hpp>

#if TESSERA_USE_THRUST

#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cpp/execution_policy.h>
#if TESSERA_THRUST_OMP
#include <thrust/system/omp/execution_policy.h>
#endif
#if TESSERA_THRUST_TBB
#include <thrust/system/tbb/execution_policy.h>
#endif

namespace tessera::backend::items {

/// Items [number * chunk, ...) of some work.
struct chunks {
  void (*run)(const void* work, extent begin, extent end);
  const void* work;
  extent items, chunk;

  void operator()(extent number) const {
    const extent begin = number * chunk;
    run(work, begin, begin + chunk < items ? begin + chunk : items);
  }
};

/// Calls f with the execution policy of the system.
template <class F>
decltype(auto) with_policy([[maybe_unused]] kind system, F&& f) {
#if TESSERA_THRUST_OMP
  if (system == kind::thrust_omp) return f(::thrust::omp::par);
#endif
#if TESSERA_THRUST_TBB
  if (system == kind::thrust_tbb) return f(::thrust::tbb::par);
#endif
  return f(::thrust::cpp::par);
}

/// Runs all chunks on the system.
inline void run_on_thrust(kind system, const chunks& all) {
  const extent count = (all.items + all.chunk - 1) / all.chunk;
  with_policy(system, [&](const auto& policy) { ::thrust::for_each_n(policy, ::thrust::counting_iterator<extent>(0), count, all); });
}

}  // namespace tessera::backend::items

#endif  // TESSERA_USE_THRUST
