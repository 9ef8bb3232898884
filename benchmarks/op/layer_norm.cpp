// SPDX-License-Identifier: BSL-1.0
// layer_norm with weight and bias, alone and with the gradients of all three operands.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/normalize/layer_norm.hpp>

namespace ts = tessera;

namespace {

using cases::norm_columns, cases::norm_rows;
using matrix = ts::tensor<float, ts::shape<norm_rows, norm_columns>>;
using row = ts::tensor<float, ts::shape<norm_columns>>;

matrix many() { return {ts::shape<norm_rows, norm_columns>{}, measure::numbers(norm_rows * norm_columns)}; }
row few() { return {ts::shape<norm_columns>{}, measure::numbers(norm_columns)}; }

[[maybe_unused]] const int registered = [] {
  measure::add(cases::layer_norm, "tessera", cases::layer_norm_work, [] {
    return [x = many(), w = few(), b = few()] { return matrix(ts::layer_norm(x, ts::axis<1>, w, b)); };
  });
  measure::add(cases::layer_norm_training, "tessera", cases::layer_norm_training_work, [] {
    return [x = ts::variable(many()), w = ts::variable(few()), b = ts::variable(few()), dy = many()]() mutable {
      x.zero_grad();
      w.zero_grad();
      b.zero_grad();
      ts::layer_norm(x, ts::axis<1>, w, b).backward(dy);
      return std::tuple(x.grad(), w.grad(), b.grad());
    };
  });
  return 0;
}();

}  // namespace
