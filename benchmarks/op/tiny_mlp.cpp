// SPDX-License-Identifier: BSL-1.0
// The value and the gradients of a network of 4, 16, 16 and 1 numbers with one sample; the type has all sizes, and nothing is allocated.

#include <support/cases.hpp>
#include <tessera/autograd/functional.hpp>

namespace ts = tessera;

namespace {

template <ts::extent... N>
auto numbers(ts::shape<N...> shape) {
  return ts::array<float, ts::shape<N...>>(shape, measure::numbers(shape.size()));
}

[[maybe_unused]] const int registered = [] {
  measure::add(cases::tiny_mlp, "tessera", {}, [] {
    const auto loss = [](const auto& w1, const auto& b1, const auto& w2, const auto& b2, const auto& w3, const auto& b3, const auto& x) {
      return ts::mean(ts::square(ts::linear(ts::relu(ts::linear(ts::tanh(ts::linear(x, w1, b1)), w2, b2)), w3, b3)));
    };
    return [=, w1 = numbers(ts::shape<16, 4>{}), b1 = numbers(ts::shape<16>{}), w2 = numbers(ts::shape<16, 16>{}), b2 = numbers(ts::shape<16>{}),
            w3 = numbers(ts::shape<1, 16>{}), b3 = numbers(ts::shape<1>{}), x = numbers(ts::shape<4>{})]() mutable {
      benchmark::DoNotOptimize(x);
      auto both = ts::value_and_grad(loss)(w1, b1, w2, b2, w3, b3, x);
      benchmark::DoNotOptimize(both);
    };
  });
  return 0;
}();

}  // namespace
