// SPDX-License-Identifier: BSL-1.0
// The statements of op/statement.cpp on LibTorch.

#include <support/measure.hpp>

#include <torch/torch.h>

namespace {

torch::Tensor numbers() { return torch::from_blob(measure::numbers(4).data(), {4}).clone(); }
torch::Tensor statement(const torch::Tensor& x) { return x * x + 3 * x + 1; }

[[maybe_unused]] const int registered = [] {
  measure::add("x² + 3x + 1, not recorded", "LibTorch", {}, [] {
    torch::set_num_threads(1);
    return [x = numbers()] {
      const c10::InferenceMode guard;
      benchmark::DoNotOptimize(statement(x));
    };
  });
  measure::add("recorded and dropped", "LibTorch", {}, [] {
    return [x = numbers().requires_grad_()] { benchmark::DoNotOptimize(statement(x)); };
  });
  measure::add("its sum, recorded, and backward", "LibTorch", {}, [] {
    return [x = numbers().requires_grad_()]() mutable {
      statement(x).sum().backward();
      x.mutable_grad().reset();
    };
  });
  return 0;
}();

}  // namespace
