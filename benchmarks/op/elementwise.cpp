// SPDX-License-Identifier: BSL-1.0
// Elementwise chains: one with little arithmetic, one of transcendental functions.

#include <support/cases.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

using vector = ts::tensor<float, ts::shape<ts::dyn>>;

vector numbers(std::int64_t n) { return vector(ts::shape<ts::dyn>{n}, measure::numbers(n)); }

[[maybe_unused]] const int registered = [] {
  for (const std::int64_t n : cases::lengths()) {
    measure::add(cases::chain(n), "tessera", cases::chain_work(n), [n] {
      return [x = numbers(n), y = numbers(n), z = numbers(n)]() mutable -> auto& { return z = 2 * x + 3 * y - x * y; };
    });
    measure::add(cases::chain(n), "tessera, new result", cases::chain_work(n), [n] {
      return [x = numbers(n), y = numbers(n)] { return vector(2 * x + 3 * y - x * y); };
    });
    measure::add(cases::curve(n), "tessera", cases::curve_work(n), [n] {
      return [x = numbers(n), z = numbers(n)]() mutable -> auto& { return z = ts::tanh(x) * ts::sigmoid(x) + ts::exp(-ts::square(x)); };
    });
  }
  return 0;
}();

}  // namespace
