// SPDX-License-Identifier: BSL-1.0
// Matrix products of run-time sizes, each into a new tensor.

#include <support/cases.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

using matrix = ts::tensor<float, ts::shape<ts::dyn, ts::dyn>>;

matrix numbers(int rows, int columns) { return matrix(ts::shape<ts::dyn, ts::dyn>{rows, columns}, measure::numbers(rows * columns)); }

[[maybe_unused]] const int registered = [] {
  for (const cases::product& p : cases::products)
    measure::add(p.name(), "tessera", p.amount(), [p] {
      return [p, a = numbers(p.m, p.k), b = p.transposed ? numbers(p.n, p.k) : numbers(p.k, p.n)] {
        const matrix c = p.transposed ? ts::linear(a, b) : ts::matmul(a, b);
        benchmark::DoNotOptimize(c.data());
      };
    });
  return 0;
}();

}  // namespace
