// SPDX-License-Identifier: BSL-1.0
// Sums that are long enough to be cut in parts, which threads share.
#include <support/with_threads.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <tuple>
#include <vector>

using namespace tessera;

namespace {

using tessera::tests::with_threads;

// Small whole numbers: every order of summation gives equal bits.
template <class T>
tensor<T, shape<dyn, dyn, dyn>> numbers(extent a, extent b, extent c) {
  std::vector<T> x(static_cast<std::size_t>(a * b * c));
  std::uint32_t state = 7;
  for (T& v : x) v = static_cast<T>((state = state * 1664525U + 1013904223U) >> 30);
  return {shape<dyn, dyn, dyn>{a, b, c}, x};
}

// The sums over the axes that `mask` has, each in order.
template <class X>
std::vector<double> in_order(const X& x, unsigned mask) {
  const extents n = x.shape().values();
  const extent kept[3] = {mask & 1U ? 1 : n[0], mask & 2U ? 1 : n[1], mask & 4U ? 1 : n[2]};
  std::vector<double> y(static_cast<std::size_t>(kept[0] * kept[1] * kept[2]));
  auto from = x.begin();
  for (extent i = 0; i < n[0]; ++i)
    for (extent j = 0; j < n[1]; ++j)
      for (extent k = 0; k < n[2]; ++k, ++from) y[static_cast<std::size_t>((i % kept[0] * kept[1] + j % kept[1]) * kept[2] + k % kept[2])] += static_cast<double>(*from);
  return y;
}

template <class Y>
bool equal(const Y& y, const std::vector<double>& wanted) {
  return std::equal(y.begin(), y.end(), wanted.begin(), wanted.end(), [](auto a, double b) { return static_cast<double>(a) == b; });
}

}  // namespace

TEST_CASE_TEMPLATE("long sums: nothing is left out or counted twice", T, float, double, std::int32_t) {
  const extent shapes[][3] = {{1, 1, 513001}, {601, 1, 701}, {1, 701, 601}, {40, 24, 411}, {3, 400, 301}, {700, 33, 17}};
  for (const auto& n : shapes) {
    CAPTURE(n[0]);
    CAPTURE(n[1]);
    const auto x = numbers<T>(n[0], n[1], n[2]);
    for (const int threads : {1, 3}) {
      const with_threads some(threads);
      CHECK(equal(tensor(sum(x, axes<0, 1, 2>, keepdim)), in_order(x, 7)));
      CHECK(equal(tensor(sum(x, axis<0>)), in_order(x, 1)));
      CHECK(equal(tensor(sum(x, axis<1>)), in_order(x, 2)));
      CHECK(equal(tensor(sum(x, axis<2>)), in_order(x, 4)));
      CHECK(equal(tensor(sum(x, axes<0, 1>)), in_order(x, 3)));
      CHECK(equal(tensor(sum(x, axes<0, 2>)), in_order(x, 5)));
      CHECK(equal(tensor(sum(x, axes<1, 2>)), in_order(x, 6)));
      const tensor turned = permute(x, axes<2, 0, 1>);
      CHECK(equal(tensor(sum(permute(turned, axes<1, 2, 0>), axes<0, 1>)), in_order(x, 3)));
    }
  }
}

TEST_CASE("long sums: rounded sums do not depend on the number of threads") {
  const tensor x = tensor(numbers<float>(700, 30, 41)) / 3.f;
  const auto on = [&](int threads) {
    const with_threads some(threads);
    variable a = x;
    sum(a * sum(x, axes<0, 2>, keepdim)).backward();
    return std::tuple(tensor(sum(x)).item(), tensor(sum(x, axis<0>)), tensor(sum(tessera::sin(x), axes<0, 2>)), a.grad());
  };
  const auto one = on(1), three = on(3);
  CHECK(std::get<0>(one) == std::get<0>(three));
  const auto same = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  CHECK(same(std::get<1>(one), std::get<1>(three)));
  CHECK(same(std::get<2>(one), std::get<2>(three)));
  CHECK(same(std::get<3>(one), std::get<3>(three)));
}

TEST_CASE("long sums: a mask that is drawn in passing is that of the whole") {
  const auto x = numbers<float>(600, 3, 401);
  const auto dropped = [&] { return dropout(x, 0.5); };
  const auto drawn = [&](const auto& f) {
    manual_seed(11);
    return f();
  };
  const tensor whole = drawn([&] { return tensor(dropped()); });
  CHECK(equal(drawn([&] { return tensor(sum(dropped(), axis<0>)); }), in_order(whole, 1)));
  CHECK(equal(drawn([&] { return tensor(sum(dropped(), axes<0, 2>)); }), in_order(whole, 5)));
  CHECK(equal(drawn([&] { return tensor(sum(dropped(), axes<0, 1, 2>, keepdim)); }), in_order(whole, 7)));
}
