// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether the libraries of GPUs may round factors.

#include <tessera/core/config.hpp>

#if TESSERA_USE_CUBLAS || TESSERA_USE_CUDNN

#include <atomic>

namespace tessera::gpu {

namespace detail {
inline std::atomic<bool> tf32_allowed{false};
}
/// Lets products and convolutions of floats round their factors to TF32, which has 11 bits: several times faster on tensor cores. Off at first.
///   like  torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
inline void allow_tf32(bool allowed) noexcept { detail::tf32_allowed = allowed; }

}  // namespace tessera::gpu

#endif  // TESSERA_USE_CUBLAS || TESSERA_USE_CUDNN
