// SPDX-License-Identifier: BSL-1.0
// The cross entropy of labels under the softmax of logits, alone and with the gradient of the logits.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/nn/loss/cross_entropy.hpp>

namespace ts = tessera;

namespace {

using matrix = ts::tensor<float, ts::shape<ts::dyn, ts::dyn>>;
using vector = ts::tensor<std::int64_t, ts::shape<ts::dyn>>;

matrix logits(const cases::classification& c) { return {ts::shape<ts::dyn, ts::dyn>{c.rows, c.classes}, measure::numbers(c.rows * c.classes)}; }
vector labels(const cases::classification& c) { return {ts::shape<ts::dyn>{c.rows}, c.labels()}; }

[[maybe_unused]] const int registered = [] {
  for (const cases::classification& c : cases::classifications) {
    measure::add(c.name(), "tessera", c.amount(), [c] {
      return [x = logits(c), y = labels(c)] { return ts::tensor(ts::nn::cross_entropy(x, y)); };
    });
    measure::add(c.trained_name(), "tessera", c.trained_amount(), [c] {
      return [x = ts::variable(logits(c)), y = labels(c)]() mutable {
        x.zero_grad();
        ts::nn::cross_entropy(x, y).backward();
        return x.grad();
      };
    });
  }
  return 0;
}();

}  // namespace
