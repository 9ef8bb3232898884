// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which backend evaluates on this thread.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>
#include <tessera/storage/device.hpp>

namespace tessera::backend {

/// What works on tensors in the memory of the processor. simd uses the widest registers of the build; scalar is the reference, one
/// lane at a time; the others hand items to a system of Thrust, as a GPU gets them: plain loops, OpenMP, Threading Building Blocks.
enum class kind : unsigned char { simd, scalar, thrust_cpp, thrust_omp, thrust_tbb };

namespace detail {
inline thread_local kind selected = kind::simd;
}

/// Is there a choice of backends?
inline constexpr bool has_choice = has_reference_kernels || has_thrust;

/// The backend of this thread.
[[nodiscard]] inline kind selected() noexcept { return has_choice ? detail::selected : kind::simd; }

/// Does the work of this thread go item by item: to a GPU, or to a system of Thrust?
[[nodiscard]] inline bool runs_items() noexcept { return current_device().is_gpu() || (has_thrust && selected() >= kind::thrust_cpp); }

/// Is the backend part of this build?
[[nodiscard]] constexpr bool is_available(kind k) noexcept {
  switch (k) {
    case kind::simd: return true;
    case kind::scalar: return has_reference_kernels;
    case kind::thrust_cpp: return has_thrust;
    case kind::thrust_omp: return has_thrust && TESSERA_THRUST_OMP;
    case kind::thrust_tbb: return has_thrust && TESSERA_THRUST_TBB;
  }
  return false;
}

/// Selects a backend on this thread until the end of the scope, so that one program can compare two.
///   error  value_error where the program was built without it
class scope {
 public:
  explicit scope(kind chosen) : before_(detail::selected) {
    if (!is_available(chosen))
      raise<value_error>({"tessera::backend::scope: this backend needs a build with TESSERA_REFERENCE_KERNELS=1 or TESSERA_USE_THRUST=1"});
    detail::selected = chosen;
  }
  ~scope() { detail::selected = before_; }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

 private:
  kind before_;
};

}  // namespace tessera::backend
