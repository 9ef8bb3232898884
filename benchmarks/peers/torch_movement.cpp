// SPDX-License-Identifier: BSL-1.0
// A transposed copy on LibTorch.

#include <peers/torch.hpp>

namespace {

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    peers::add_torch(cases::transposed(n), cases::transposed_work(n), [n] { return [x = peers::numbers({n, n}), y = peers::numbers({n, n})]() mutable { return y.copy_(x.t()); }; });
  return 0;
}();

}  // namespace
