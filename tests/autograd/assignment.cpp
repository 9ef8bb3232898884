// SPDX-License-Identifier: BSL-1.0
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {
namespace {

using vector = tensor<double, shape<3>>;
using numbers_t = std::vector<double>;

}  // namespace

TEST_CASE("control flow: the graph is what ran, whatever the data made of it") {
  for (const double start : {0.75, 3.0, -40.0}) {
    const variable<double, shape<>> x(start);
    variable y = x * 1.0;
    double factor = 1;
    while (std::abs(y.item()) < 10) {
      y = y * 2.0;
      factor *= 2;
    }
    if (y.item() < 0) {
      y = -y;
      factor = -factor;
    }
    y.backward();
    CHECK(x.grad().item() == factor);
  }
}

TEST_CASE("x += 1 on a variable binds the name to a new value; other handles stay") {
  const variable<double, shape<3>> leaf(vector{1.0, 2.0, 3.0});
  variable x = leaf;
  x += 1;
  x *= x;
  x -= leaf;
  x /= 2.0;
  CHECK(leaf.is_leaf());
  CHECK_FALSE(x.is_leaf());
  CHECK(numbers(leaf.value()) == numbers_t{1, 2, 3});
  CHECK(numbers(x.value()) == numbers_t{1.5, 3.5, 6.5});
  variable(sum(x)).backward();
  CHECK(numbers(leaf.grad()) == numbers_t{1.5, 2.5, 3.5});  // ((x + 1)² - x) / 2
}

TEST_CASE("x -= step under no_grad writes the leaf, as in PyTorch's update by hand") {
  variable<double, shape<3>> x(vector{1.0, 2.0, 3.0});
  const variable handle = x;
  variable(sum(x * x)).backward();
  {
    const no_grad guard;
    x -= 0.25 * x.grad();
  }
  CHECK(x.is_leaf());
  CHECK(numbers(handle.value()) == numbers_t{0.5, 1, 1.5});
  x.zero_grad();
  variable(sum(x * x)).backward();
  CHECK(numbers(x.grad()) == numbers_t{1, 2, 3});
}

TEST_CASE("an update by hand is in place only where nobody else shares the value") {
  variable<double, shape<3>> x(vector{1.0, 2.0, 3.0});
  const double* const at = x.data();
  const no_grad guard;
  x += 1.0;
  CHECK(x.data() == at);
  const vector seen = x.value();
  const auto lazy = x * 2.0;
  x += 1.0;
  CHECK(numbers(seen) == numbers_t{2, 3, 4});
  CHECK(numbers(vector(lazy)) == numbers_t{4, 6, 8});
  x -= lazy;
  CHECK(numbers(x.value()) == numbers_t{-1, -2, -3});
}

TEST_CASE("writing a tensor that a graph has captured changes neither values nor gradients") {
  const variable<double, shape<3>> w(vector{1.0, 2.0, 3.0});
  vector data{4.0, 5.0, 6.0};
  const variable y = w * data;
  const auto lazy = data + 1.0;
  data += 100.0;
  data(0) = -1;
  for (double& value : data.mutable_span()) value = 0;
  slice(data, range<1, 3>) = 7.0;
  CHECK(numbers(data) == numbers_t{0, 7, 7});
  CHECK(numbers(y.value()) == numbers_t{4, 10, 18});
  CHECK(numbers(vector(lazy)) == numbers_t{5, 6, 7});
  variable(sum(y)).backward();
  CHECK(numbers(w.grad()) == numbers_t{4, 5, 6});
}

TEST_CASE("writing a leaf between forward and backward changes neither results nor gradients") {
  variable<double, shape<3>> w(vector{1.0, 2.0, 3.0});
  const variable y = w * w;
  const variable z = exp(w);
  const vector before = z.value();
  w.set_value(vector{10.0, 20.0, 30.0});
  w.mutable_span()[0] = 5;
  CHECK(numbers(w.value()) == numbers_t{5, 20, 30});
  CHECK(numbers(y.value()) == numbers_t{1, 4, 9});
  variable(sum(y)).backward();
  CHECK(numbers(w.grad()) == numbers_t{2, 4, 6});
  w.zero_grad();
  variable(sum(z)).backward();
  CHECK(numbers(w.grad()) == numbers(before));
}

TEST_CASE("a leaf is written through the leaf only") {
  variable<double, shape<3>> w(vector{1.0, 2.0, 3.0});
  variable y = w * 2.0;
  CHECK_THROWS_WITH_AS(y.set_value(vector{1.0, 1.0, 1.0}), doctest::Contains("only a leaf"), autograd_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(y.mutable_span()), doctest::Contains("only a leaf"), autograd_error);
  variable<double, shape<dyn>> open(tensor<double, shape<dyn>>(shape<dyn>{3}, 1.0));
  CHECK_THROWS_WITH_AS(open.set_value(tensor<double, shape<dyn>>(shape<dyn>{2}, 1.0)), doctest::Contains("[2]"), shape_error);
}

TEST_CASE("a gradient that is still held is not written by the next pass") {
  variable<double, shape<3>> w(vector{1.0, 2.0, 3.0});
  variable(sum(w * w)).backward();
  vector mine = w.grad();
  mine *= 10.0;
  CHECK(numbers(w.grad()) == numbers_t{2, 4, 6});
  variable(sum(w)).backward();
  CHECK(numbers(mine) == numbers_t{20, 40, 60});
  CHECK(numbers(w.grad()) == numbers_t{3, 5, 7});
}

TEST_CASE("the usual training loop never moves a weight, with loss and output in scope") {
  variable<float, shape<4, 3>> weight(tensor<float, shape<4, 3>>(shape<4, 3>{}, 0.1f));
  variable<float, shape<4>> bias(tensor<float, shape<4>>{});
  const tensor<float, shape<5, 3>> input(shape<5, 3>{}, 0.5f);
  const float* const at = weight.data();
  const float* const bias_at = bias.data();
  variable<float, shape<5, 4>> output = linear(input, weight, bias);
  variable<float, shape<>> loss(0.f);
  float first = 0;
  for (int step = 0; step < 10; ++step) {
    output = tanh(linear(input, weight, bias));
    loss = mean(square(output - 1.f));
    if (step == 0) first = loss.item();
    weight.zero_grad();
    bias.zero_grad();
    loss.backward();
    const no_grad guard;
    weight -= 0.5f * weight.grad();
    bias -= 0.5f * bias.grad();
    CHECK(weight.data() == at);
    CHECK(bias.data() == bias_at);
  }
  CHECK(loss.item() < 0.5f * first);
  CHECK(output.size() == 20);
}

}  // namespace tessera::tests
