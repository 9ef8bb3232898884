// SPDX-License-Identifier: BSL-1.0
#include <support/golden.hpp>
#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {
namespace {

constexpr int statements = 1'000'000;

[[nodiscard]] variable<double, shape<>> long_chain(const variable<double, shape<>>& x) {
  variable y = x + 0.0;
  for (int i = 1; i < statements; ++i) y = y + 1.0;
  return y;
}

}  // namespace

TEST_CASE("a graph of a million statements is differentiated and freed without recursion") {
  const variable<double, shape<>> x(2.0);
  {
    const variable y = long_chain(x);
    CHECK(y.item() == statements + 1);
    y.backward();
    CHECK(x.grad().item() == 1);
  }
  {
    const variable dropped = long_chain(x);
    CHECK(dropped.requires_grad());
  }
  CHECK(x.grad().item() == 1);
  pool::trim();
}

TEST_CASE("a recorded gradient of a long chain is freed without recursion") {
  const variable<double, shape<>> x(1.0);
  variable y = x * 1.0;
  for (int i = 0; i < 50'000; ++i) y = y * 1.00001;
  y.backward(create_graph);
  CHECK(x.grad().item() == doctest::Approx(y.item()));
  variable leaf = x;
  leaf.zero_grad();
  pool::trim();
}

}  // namespace tessera::tests
