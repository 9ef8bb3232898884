// SPDX-License-Identifier: BSL-1.0
// The statements of op/statement.cpp on LibTorch.

#include <peers/torch.hpp>

namespace {

at::Tensor statement(const at::Tensor& x) { return x * x + 3 * x + 1; }

[[maybe_unused]] const int registered = [] {
  peers::add_torch(cases::unrecorded, {}, [] { return [x = peers::numbers({4})] { return statement(x); }; });
  measure::add(cases::recorded, "LibTorch", {}, [] { return [x = peers::numbers({4}).requires_grad_()] { return statement(x); }; });
  measure::add(cases::differentiated, "LibTorch", {}, [] {
    return [x = peers::numbers({4}).requires_grad_()]() mutable {
      x.mutable_grad().reset();
      const at::Tensor y = statement(x).sum();
      y.backward();
      return std::tuple(y, x.grad());
    };
  });
  return 0;
}();

}  // namespace
