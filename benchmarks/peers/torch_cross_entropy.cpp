// SPDX-License-Identifier: BSL-1.0
// The cross entropy on LibTorch.

#include <peers/torch.hpp>

namespace {

[[maybe_unused]] const int registered = [] {
  for (const cases::classification& c : cases::classifications) {
    peers::add_torch(c.name(), c.amount(), [c] {
      return [x = peers::numbers({c.rows, c.classes}), y = peers::integers(c.labels())] { return at::cross_entropy_loss(x, y); };
    });
    peers::add_torch_training(c.trained_name(), c.trained_amount(), [c] {
      return std::pair([y = peers::integers(c.labels())](const at::Tensor& x) { at::cross_entropy_loss(x, y).backward(); },
                       std::tuple(peers::numbers({c.rows, c.classes}).requires_grad_()));
    });
  }
  return 0;
}();

}  // namespace
