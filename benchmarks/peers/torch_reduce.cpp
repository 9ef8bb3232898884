// SPDX-License-Identifier: BSL-1.0
// Sums, argmax and softmax on LibTorch, softmax with its gradient too.

#include <peers/torch.hpp>

namespace {

using cases::large, cases::middle;
using peers::numbers;

void add(const char* name, measure::work w, std::int64_t rows, std::int64_t columns, at::Tensor (*operation)(const at::Tensor&)) {
  peers::add_torch(name, w, [=] { return [=, x = numbers({rows, columns})] { return operation(x); }; });
}

[[maybe_unused]] const int registered = [] {
  add(cases::sum_axis_0, cases::sum_work, large, large, [](const at::Tensor& x) { return at::sum(x, 0); });
  add(cases::sum_axis_1, cases::sum_work, large, large, [](const at::Tensor& x) { return at::sum(x, 1); });
  add(cases::sum_all, cases::sum_work, large, large, [](const at::Tensor& x) { return at::sum(x); });
  add(cases::softmax, cases::softmax_work, middle, middle, [](const at::Tensor& x) { return at::softmax(x, 1); });
  add(cases::argmax, cases::argmax_work, large, middle, [](const at::Tensor& x) { return at::argmax(x, 1); });
  peers::add_torch_training(cases::softmax_training, cases::softmax_training_work, [] {
    return std::pair([dy = numbers({middle, middle})](const at::Tensor& x) { at::softmax(x, 1).backward(dy); }, std::tuple(numbers({middle, middle}).requires_grad_()));
  });
  return 0;
}();

}  // namespace
