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
    return [x = many(), w = few(), b = few()] {
      const matrix y = ts::layer_norm(x, ts::axis<1>, w, b);
      benchmark::DoNotOptimize(y.data());
    };
  });
  measure::add(cases::layer_norm_training, "tessera", cases::layer_norm_training_work, [] {
    return [x = ts::variable(many()), w = ts::variable(few()), b = ts::variable(few()), g = many()]() mutable {
      const ts::variable y = ts::layer_norm(x, ts::axis<1>, w, b);
      y.backward(g);
      benchmark::DoNotOptimize(x.grad().data());
      x.zero_grad();
      w.zero_grad();
      b.zero_grad();
    };
  });
  return 0;
}();

}  // namespace
