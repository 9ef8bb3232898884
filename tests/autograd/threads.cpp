// SPDX-License-Identifier: BSL-1.0
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

#include <thread>

namespace tessera::tests {

TEST_CASE("two threads back-propagate through shared leaves: every gradient arrives") {
  const variable<double, shape<4, 3>> weight(tensor<double, shape<4, 3>>(shape<4, 3>{}, 0.5));
  const variable<double, shape<4>> bias(tensor<double, shape<4>>{});
  constexpr int rounds = 200;
  const auto work = [&](double x) {
    const tensor<double, shape<2, 3>> input(shape<2, 3>{}, x);
    for (int i = 0; i < rounds; ++i) {
      const variable y = linear(input, weight, bias);
      const variable loss = sum(y * 2.0) + sum(weight * x);
      loss.backward();
    }
  };
  std::thread other(work, 1.0);
  work(3.0);
  other.join();
  // Each round adds, for x of its thread, 2 (cotangent) · 2 (rows) · x + x to a weight and 4 to a bias.
  for (const double g : weight.grad().span()) CHECK(g == rounds * 5.0 * (1.0 + 3.0));
  for (const double g : bias.grad().span()) CHECK(g == rounds * 2 * 4.0);
}

TEST_CASE("a graph made on one thread can be differentiated and freed on another") {
  const variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  variable y = sum(exp(x) * x);
  std::thread([&, mine = std::move(y)]() mutable {
    mine.backward();
    mine = variable<double, shape<>>(0.0);
  }).join();
  for (int i = 0; i < 3; ++i) {
    const double v = x.data()[i];
    CHECK(x.grad().data()[i] == doctest::Approx(std::exp(v) * (1 + v)));
  }
}

TEST_CASE("the grad mode belongs to its thread") {
  const variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const no_grad guard;
  bool recorded = false;
  std::thread([&] { recorded = variable(x * x).requires_grad(); }).join();
  CHECK(recorded);
  CHECK_FALSE(variable(x * x).requires_grad());
}

}  // namespace tessera::tests
