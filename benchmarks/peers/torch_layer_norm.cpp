// SPDX-License-Identifier: BSL-1.0
// layer_norm on LibTorch.

#include <peers/torch.hpp>

namespace {

using cases::norm_columns, cases::norm_rows;
using peers::numbers;

[[maybe_unused]] const int registered = [] {
  peers::add_torch(cases::layer_norm, cases::layer_norm_work, [] {
    return [x = numbers({norm_rows, norm_columns}), w = numbers({norm_columns}), b = numbers({norm_columns})] { return at::layer_norm(x, {norm_columns}, w, b); };
  });
  peers::add_torch_training(cases::layer_norm_training, cases::layer_norm_training_work, [] {
    return std::pair([dy = numbers({norm_rows, norm_columns})](const at::Tensor& x, const at::Tensor& w, const at::Tensor& b) { at::layer_norm(x, {norm_columns}, w, b).backward(dy); },
                     std::tuple(numbers({norm_rows, norm_columns}).requires_grad_(), numbers({norm_columns}).requires_grad_(), numbers({norm_columns}).requires_grad_()));
  });
  return 0;
}();

}  // namespace
