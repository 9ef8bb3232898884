// SPDX-License-Identifier: BSL-1.0
#pragma once
// Gradients of leaves in a step that is captured: each replay leaves them where the capture did, and somebody else's are never written.

#include <tessera/autograd/node.hpp>

#if TESSERA_HAS_GPU

#include <memory>

namespace tessera::autograd {

namespace detail {

/// A leaf whose gradient a captured step writes or drops.
class captured_gradient : public gpu::renewed {
 public:
  captured_gradient(node& n, bool is_dropped) : start_(is_dropped ? start::any : n.adjoint ? start::present : start::absent) {
    key = &n;
    n.references.fetch_add(1, std::memory_order_relaxed);
    leaf_ = edge(&n);
    if (start_ == start::present && n.adjoint.references() > 1)
      raise<device_error>({"tessera::gpu::graph: a captured step adds to a gradient of shape ", n.shape, " that a tensor holds, which would move it"});
  }
  void close() override { end_ = leaf_->adjoint; }
  [[nodiscard]] bool holds() const override {
    const block& now = leaf_->adjoint;
    if (end_ && end_.references() > (now == end_ ? 2 : 1)) return false;  // somebody looks at it
    return start_ == start::any || (start_ == start::present ? now == end_ : !now);
  }
  void settle() override {
    leaf_->adjoint = end_;
    leaf_->adjoint_source = {};
  }

 private:
  // What the step finds: any gradient where it drops that first, one that it adds to, or none.
  enum class start : unsigned char { any, present, absent };
  start start_;
  edge leaf_;
  block end_;
};

TESSERA_COLD inline void note_captured_gradient(gpu::capture& step, node& n, bool is_dropped) {
  if (step.part_of(&n) == nullptr) step.add(std::make_unique<captured_gradient>(n, is_dropped));
}

}  // namespace detail

inline void note_gradient(node& n, bool is_dropped) {
  if (gpu::capture* const step = gpu::capturing(); step != nullptr && n.is_leaf && !n.is_target) [[unlikely]] detail::note_captured_gradient(*step, n, is_dropped);
}

}  // namespace tessera::autograd

#endif  // TESSERA_HAS_GPU
