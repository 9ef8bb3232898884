// SPDX-License-Identifier: BSL-1.0
// Counts what the static path takes from the system: nothing, from the first call on.
#include <allocation/counting.hpp>
#include <tessera/autograd/functional.hpp>

#include <doctest/doctest.h>

#include <cmath>

namespace tessera::tests {
namespace {

/// How many allocations f makes.
template <class F>
long allocations_of(const F& f) {
  const long before = allocations;
  f();
  return allocations - before;
}

template <extent... E>
array<float, shape<E...>> numbers(shape<E...>, int seed) {
  array<float, shape<E...>> x;
  for (extent i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(std::sin(static_cast<double>(i * 7 + seed * 13 + 1)));
  return x;
}

// Where results go, so that nothing is left out as unused.
volatile float result = 0;

}  // namespace

TEST_CASE("allocation: the counter counts") {
  CHECK(allocations_of([] { result = tensor<float, shape<1000003>>(shape<1000003>{}, 1.f).data()[5]; }) > 0);
}

TEST_CASE("allocation: expressions and operations on arrays take nothing") {
  const auto a = numbers(shape<8, 8>{}, 1);
  const auto b = numbers(shape<8>{}, 2);
  CHECK(allocations_of([&] {
          const array<float, shape<8, 8>> c = a * 2 + exp(b) / (1 + square(a)) - where(a > b, a, b);
          const auto d = softmax(matmul(c, transpose(a)), axis<1>) + linear(a, c, b);
          const auto e = concat(axis<0>, slice(array(d), range<0, 4>), mean(d, axis<0>, keepdim));
          result = sum(e).item() + max(e, axis<1>).values(0) + var(e).item();
        }) == 0);
}

TEST_CASE("allocation: the gradient of a small network takes nothing") {
  const auto network = [](const auto& w1, const auto& b1, const auto& w2, const auto& b2, const auto& w3, const auto& b3, const auto& x) {
    return mean(square(linear(relu(linear(tanh(linear(x, w1, b1)), w2, b2)), w3, b3)));
  };
  const auto w1 = numbers(shape<16, 4>{}, 1);
  const auto b1 = numbers(shape<16>{}, 2);
  const auto w2 = numbers(shape<16, 16>{}, 3);
  const auto b2 = numbers(shape<16>{}, 4);
  const auto w3 = numbers(shape<1, 16>{}, 5);
  const auto b3 = numbers(shape<1>{}, 6);
  CHECK(allocations_of([&] {
          const auto [value, gradients] = value_and_grad(network)(w1, b1, w2, b2, w3, b3, numbers(shape<4>{}, 7));
          result = value + std::get<2>(gradients)(3, 4);
        }) == 0);
  CHECK(allocations_of([&] {
          const auto curvature = grad([&](const auto& x) { return sum(square(grad([&](const auto& y) { return sum(tanh(matmul(w1, y)) * b1); })(x))); });
          result = curvature(numbers(shape<4>{}, 7))(1);
        }) == 0);
  CHECK(allocations_of([&] { result = static_cast<float>(grad([](auto x) { return exp(sin(x)) * x; })(static_cast<double>(b1(0)))); }) == 0);
}

TEST_CASE("allocation: large arguments bring the room for their gradients along") {
  const auto w = numbers(shape<64, 64>{}, 1);
  CHECK(allocations_of([&] { result = grad([](const auto& a) { return sum(square(matmul(a, a))); })(w)(3, 4); }) == 0);
}

}  // namespace tessera::tests
