// SPDX-License-Identifier: BSL-1.0
// An embedding on LibTorch.

#include <peers/torch.hpp>

namespace {

using cases::chosen, cases::table_columns, cases::table_rows;
using peers::numbers;

[[maybe_unused]] const int registered = [] {
  peers::add_torch(cases::embedding, cases::embedding_work, [] {
    return [i = peers::integers(cases::choices()), w = numbers({table_rows, table_columns})] { return at::embedding(w, i); };
  });
  peers::add_torch_training(cases::embedding_training, cases::embedding_training_work, [] {
    return std::pair([i = peers::integers(cases::choices()), dy = numbers({chosen, table_columns})](const at::Tensor& w) { at::embedding(w, i).backward(dy); },
                     std::tuple(numbers({table_rows, table_columns}).requires_grad_()));
  });
  return 0;
}();

}  // namespace
