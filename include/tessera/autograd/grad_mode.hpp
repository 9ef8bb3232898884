// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether this thread records.

namespace tessera {

namespace autograd::detail {
inline thread_local bool recording = true;
}

/// Does this thread record operations on variables? like torch.is_grad_enabled
[[nodiscard]] inline bool is_grad_enabled() noexcept { return autograd::detail::recording; }

/// Turns recording on this thread on or off until the end of the scope. like torch.set_grad_enabled
class set_grad_enabled {
 public:
  explicit set_grad_enabled(bool on) noexcept : before_(autograd::detail::recording) { autograd::detail::recording = on; }
  ~set_grad_enabled() { autograd::detail::recording = before_; }
  set_grad_enabled(const set_grad_enabled&) = delete;
  set_grad_enabled& operator=(const set_grad_enabled&) = delete;

 private:
  bool before_;
};

/// Records nothing on this thread until the end of the scope: { no_grad guard; ... }. like torch.no_grad
class no_grad : set_grad_enabled {
 public:
  no_grad() noexcept : set_grad_enabled(false) {}
};

}  // namespace tessera
