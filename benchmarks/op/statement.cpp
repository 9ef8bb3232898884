// SPDX-License-Identifier: BSL-1.0
// What recording costs, on four numbers: nearly all of it is not arithmetic.

#include <support/measure.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

using four = ts::tensor<float, ts::shape<4>>;
using tracked = ts::variable<float, ts::shape<4>>;

four numbers() { return four(ts::shape<4>{}, measure::numbers(4)); }
auto statement(const auto& x) { return x * x + 3 * x + 1; }

[[maybe_unused]] const int registered = [] {
  measure::add("x² + 3x + 1, not recorded", "tessera", {}, [] {
    return [x = numbers()] {
      const four y = statement(x);
      benchmark::DoNotOptimize(y.data());
    };
  });
  measure::add("recorded and dropped", "tessera", {}, [] {
    return [x = tracked(numbers())] {
      const tracked y = statement(x);
      benchmark::DoNotOptimize(y.data());
    };
  });
  measure::add("its sum, recorded, and backward", "tessera", {}, [] {
    return [x = tracked(numbers())]() mutable {
      const ts::variable y = ts::sum(statement(x));
      y.backward();
      benchmark::DoNotOptimize(y.data());
      x.zero_grad();
    };
  });
  return 0;
}();

}  // namespace
