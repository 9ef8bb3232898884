// SPDX-License-Identifier: BSL-1.0
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {
namespace {

using vector = tensor<double, shape<3>>;
using numbers_t = std::vector<double>;

[[nodiscard]] variable<double, shape<3>> leaf_of(double a, double b, double c) { return vector{a, b, c}; }

}  // namespace

TEST_CASE("backward: gradients add up in a leaf until zero_grad") {
  auto x = leaf_of(1, 2, 3);
  CHECK_FALSE(x.has_grad());
  variable(sum(x * x)).backward();
  CHECK(numbers(x.grad()) == numbers_t{2, 4, 6});
  variable(sum(x * 3.0)).backward();
  CHECK(numbers(x.grad()) == numbers_t{5, 7, 9});
  const vector seen = x.grad();
  variable(sum(x)).backward();
  CHECK(numbers(seen) == numbers_t{5, 7, 9});  // what was handed out stays
  CHECK(numbers(x.grad()) == numbers_t{6, 8, 10});
  x.zero_grad();
  CHECK_FALSE(x.has_grad());
  variable(sum(x)).backward();
  CHECK(numbers(x.grad()) == numbers_t{1, 1, 1});
}

TEST_CASE("backward: a leaf used several times, in one statement and in many") {
  const auto x = leaf_of(1, 2, 3);
  const variable y = x * x + x;
  const variable z = y * x + sum(x);
  z.backward(vector{1, 1, 1});
  // z = x³ + x² + Σx
  CHECK(numbers(x.grad()) == numbers_t{3 + 2 + 3, 12 + 4 + 3, 27 + 6 + 3});
}

TEST_CASE("backward: a value used twice is propagated once, when both contributions are there") {
  const auto x = leaf_of(1, 2, 3);
  variable y = x * 2.0;
  for (int i = 0; i < 20; ++i) y = y * 0.5 + y * 0.5;  // 2²⁰ paths
  variable(sum(y)).backward();
  CHECK(numbers(x.grad()) == numbers_t{2, 2, 2});
}

TEST_CASE("backward: from a gradient of its own, and from nothing but one element") {
  const auto x = leaf_of(1, 2, 3);
  const variable y = x * x;
  y.backward(vector{1, 0, -1});
  CHECK(numbers(x.grad()) == numbers_t{2, 0, -6});
  const variable<double, shape<dyn>> many(tensor<double, shape<dyn>>(shape<dyn>{3}, 1.0));
  CHECK_THROWS_WITH_AS(variable(many * 2.0).backward(), doctest::Contains("[3]"), shape_error);
  const variable<double, shape<dyn>> one(tensor<double, shape<dyn>>(shape<dyn>{1}, 4.0));
  variable(one * one).backward();
  CHECK(one.grad().item() == 8);
}

TEST_CASE("backward: of a leaf itself") {
  const variable<double, shape<>> x(3.0);
  x.backward();
  x.backward();
  CHECK(x.grad().item() == 2);
}

TEST_CASE("backward: broadcasting in both directions") {
  const variable<double, shape<3, 1>> column(tensor<double, shape<3, 1>>(shape<3, 1>{}, std::vector<double>{1, 2, 3}));
  const variable<double, shape<2>> row(tensor<double, shape<2>>{10.0, 20.0});
  const variable<double, shape<>> number(0.5);
  const variable y = column * row + number;
  y.backward(tensor<double, shape<3, 2>>{{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  CHECK(numbers(column.grad()) == numbers_t{50, 110, 170});
  CHECK(numbers(row.grad()) == numbers_t{1 + 6 + 15, 2 + 8 + 18});
  CHECK(number.grad().item() == 21);
}

TEST_CASE("backward: a second time without retain_graph is an error that says what to do") {
  const auto x = leaf_of(1, 2, 3);
  const variable y = exp(x);
  const variable z = sum(y * y);
  z.backward();
  CHECK_THROWS_WITH_AS(z.backward(), doctest::Contains("retain_graph"), autograd_error);
  // The message names what was released, also where only a part of the graph was used before.
  const variable other = sum(y * 2.0);
  CHECK_THROWS_WITH_AS(other.backward(), doctest::Contains("tessera::backward: the statement"), autograd_error);
  const variable product = matmul(reshape(x, shape<1, 3>{}), reshape(x, shape<3, 1>{}));
  product.backward();
  CHECK_THROWS_WITH_AS(product.backward(), doctest::Contains("released"), autograd_error);
}

TEST_CASE("backward: retain_graph, as often as you like") {
  const auto x = leaf_of(1, 2, 3);
  const variable y = sum(exp(x) * x);
  y.backward(retain_graph);
  const numbers_t once = numbers(x.grad());
  y.backward(retain_graph);
  y.backward();
  for (int i = 0; i < 3; ++i) CHECK(x.grad().data()[i] == doctest::Approx(3 * once[static_cast<std::size_t>(i)]));
  CHECK_THROWS_AS(y.backward(), autograd_error);
}

TEST_CASE("backward: nothing that requires a gradient is an error") {
  const tensor<double, shape<3>> t{1.0, 2.0, 3.0};
  auto x = leaf_of(1, 2, 3);
  x.requires_grad(false);
  CHECK_THROWS_WITH_AS(variable(sum(x * t)).backward(), doctest::Contains("requires a gradient"), autograd_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(x.grad()), doctest::Contains("tessera::grad"), autograd_error);
}

TEST_CASE("requires_grad: a frozen leaf gets nothing, and what hangs on it alone is not recorded") {
  auto x = leaf_of(1, 2, 3);
  const auto w = leaf_of(4, 5, 6);
  x.requires_grad(false);
  const variable frozen = x * x;
  CHECK_FALSE(frozen.requires_grad());
  const variable y = frozen * w;
  CHECK(y.requires_grad());
  variable(sum(y)).backward();
  CHECK_FALSE(x.has_grad());
  CHECK(numbers(w.grad()) == numbers_t{1, 4, 9});
  x.requires_grad(true);
  variable(sum(x * w)).backward();
  CHECK(numbers(x.grad()) == numbers_t{4, 5, 6});
  variable computed = x * w;
  CHECK_THROWS_WITH_AS(computed.requires_grad(false), doctest::Contains("only a leaf"), autograd_error);
}

TEST_CASE("no_grad: nothing is recorded inside, and the mode comes back, also by an exception") {
  const auto x = leaf_of(1, 2, 3);
  {
    const no_grad guard;
    CHECK_FALSE(is_grad_enabled());
    const variable y = x * x;
    CHECK_FALSE(y.requires_grad());
    const tensor<double, shape<3>> plain = x * x;  // allowed here
    CHECK(numbers(plain) == numbers_t{1, 4, 9});
    {
      const set_grad_enabled on(true);
      CHECK(variable(x * x).requires_grad());
    }
    CHECK_FALSE(is_grad_enabled());
  }
  CHECK(is_grad_enabled());
  try {
    const no_grad guard;
    throw value_error("out of here");
  } catch (const value_error&) {
  }
  CHECK(is_grad_enabled());
}

TEST_CASE("detach: the value without its history") {
  const auto x = leaf_of(1, 2, 3);
  const auto constant = detach(x * x);
  static_assert(!is_tracked<decltype(constant)>);
  variable(sum(x * constant)).backward();
  CHECK(numbers(x.grad()) == numbers_t{1, 4, 9});
  vector own = x.detach();
  own(0) = 100;
  CHECK(numbers(x.value()) == numbers_t{1, 2, 3});
}

TEST_CASE("a plain tensor refuses a recorded expression and says how to keep it") {
  const auto x = leaf_of(1, 2, 3);
  const auto lose = [&] { const vector lost = x * 2.0; return lost.size(); };
  CHECK_THROWS_WITH_AS(lose(), doctest::Contains("no_grad"), autograd_error);
  CHECK_THROWS_WITH_AS(lose(), doctest::Contains("detach"), autograd_error);
  vector target;
  CHECK_THROWS_AS(target = x + 1.0, autograd_error);
  CHECK(numbers(target) == numbers_t{0, 0, 0});
  auto frozen = leaf_of(1, 2, 3);
  frozen.requires_grad(false);
  CHECK_NOTHROW(target = frozen + 1.0);
  CHECK(numbers(target) == numbers_t{2, 3, 4});
}

TEST_CASE("retain_grad: a computed value keeps its gradient, and passes each on only once") {
  const auto x = leaf_of(1, 2, 3);
  variable y = x * x;
  y.retain_grad();
  const variable z = sum(y * 2.0);
  z.backward(retain_graph);
  CHECK(numbers(y.grad()) == numbers_t{2, 2, 2});
  CHECK(numbers(x.grad()) == numbers_t{4, 8, 12});
  z.backward(retain_graph);
  CHECK(numbers(y.grad()) == numbers_t{4, 4, 4});
  CHECK(numbers(x.grad()) == numbers_t{8, 16, 24});
  CHECK(y.source()->references.load() == 2);  // y and z: what a pass brings to y leaves nothing behind
  variable root = sum(x * 3.0);
  root.retain_grad();
  root.backward(retain_graph);
  root.backward(retain_graph);
  CHECK(root.grad().item() == 2);
  CHECK(numbers(x.grad()) == numbers_t{14, 22, 30});
  const variable forgetful = x * x;
  variable(sum(forgetful)).backward();
  CHECK_THROWS_WITH_AS(static_cast<void>(forgetful.grad()), doctest::Contains("retain_grad"), autograd_error);
}

TEST_CASE("retain_grad: what an earlier pass left survives one that fails") {
  const auto x = leaf_of(1, 2, 3);
  variable y = x * x;
  y.retain_grad();
  variable(sum(y)).backward();
  const variable again = sum(y * 2.0);
  CHECK_THROWS_AS(again.backward(), autograd_error);
  CHECK(numbers(y.grad()) == numbers_t{1, 1, 1});
}

}  // namespace tessera::tests
