// SPDX-License-Identifier: BSL-1.0
// Elementwise chains on LibTorch, one kernel for each operation.

#include <peers/torch.hpp>

namespace {

[[maybe_unused]] const int registered = [] {
  for (const std::int64_t n : cases::lengths()) {
    peers::add_torch(cases::chain(n), cases::chain_work(n), [n] {
      return [x = peers::numbers({n}), y = peers::numbers({n})] { return (2 * x).add_(y, 3).addcmul_(x, y, -1); };
    });
    peers::add_torch(cases::curve(n), cases::curve_work(n), [n] {
      return [x = peers::numbers({n})] { return at::tanh(x).mul_(at::sigmoid(x)).add_(at::square(x).neg_().exp_()); };
    });
  }
  return 0;
}();

}  // namespace
