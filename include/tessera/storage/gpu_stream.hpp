// SPDX-License-Identifier: BSL-1.0
#pragma once
// Each GPU has two streams: that of its work, which is done in the order it was given, and one for copies that run ahead of it.

namespace tessera::gpu::memory {

namespace detail {
inline thread_local constinit bool goes_ahead = false;
}

/// Until the end of the scope, what this thread allocates on GPUs and uploads goes to the second stream: it does not wait for the work
/// before it. Before the work reads it, or before it is given back, join(gpu) must make the work wait.
class ahead {
 public:
  ahead() noexcept { detail::goes_ahead = true; }
  ~ahead() { detail::goes_ahead = false; }
  ahead(const ahead&) = delete;
  ahead& operator=(const ahead&) = delete;
};

}  // namespace tessera::gpu::memory
