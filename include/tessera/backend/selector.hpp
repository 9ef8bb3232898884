// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which backend evaluates on this thread.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>

namespace tessera::backend {

/// scalar is the reference, one lane at a time; simd uses the widest registers of the build.
enum class kind : unsigned char { simd, scalar };

namespace detail {
inline thread_local kind selected = kind::simd;
}

/// The backend of this thread.
[[nodiscard]] inline kind selected() noexcept { return has_reference_kernels ? detail::selected : kind::simd; }

/// Selects a backend on this thread until the end of the scope, so that one program can compare two.
///   error  value_error where the program was built without TESSERA_REFERENCE_KERNELS
class scope {
 public:
  explicit scope(kind chosen) : before_(detail::selected) {
    if (!has_reference_kernels)
      raise<value_error>({"tessera::backend::scope: build with TESSERA_REFERENCE_KERNELS=1 to choose a backend at run time"});
    detail::selected = chosen;
  }
  ~scope() { detail::selected = before_; }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

 private:
  kind before_;
};

}  // namespace tessera::backend
