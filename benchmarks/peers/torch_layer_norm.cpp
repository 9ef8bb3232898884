// SPDX-License-Identifier: BSL-1.0
// layer_norm on LibTorch.

#include <support/cases.hpp>

#include <torch/torch.h>

namespace {

using cases::norm_columns, cases::norm_rows;

torch::Tensor many() { return torch::from_blob(measure::numbers(norm_rows * norm_columns).data(), {norm_rows, norm_columns}).clone(); }
torch::Tensor few() { return torch::from_blob(measure::numbers(norm_columns).data(), {norm_columns}).clone(); }

[[maybe_unused]] const int registered = [] {
  measure::add(cases::layer_norm, "LibTorch", cases::layer_norm_work, [] {
    torch::set_num_threads(1);
    return [x = many(), w = few(), b = few()] {
      const c10::InferenceMode guard;
      benchmark::DoNotOptimize(torch::layer_norm(x, {norm_columns}, w, b));
    };
  });
  measure::add(cases::layer_norm_training, "LibTorch", cases::layer_norm_training_work, [] {
    torch::set_num_threads(1);
    return [x = many().requires_grad_(), w = few().requires_grad_(), b = few().requires_grad_(), g = many()]() mutable {
      torch::layer_norm(x, {norm_columns}, w, b).backward(g);
      x.mutable_grad().reset();
      w.mutable_grad().reset();
      b.mutable_grad().reset();
    };
  });
  return 0;
}();

}  // namespace
