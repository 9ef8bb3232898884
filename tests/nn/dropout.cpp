// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/create_graph.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>

#include <doctest/doctest.h>

using namespace tessera;

namespace {
template <extent... E>
tensor<float, shape<E...>> ones() {
  return tensor<float, shape<E...>>(shape<E...>{}, 1.f);
}
}  // namespace

TEST_CASE("dropout keeps each element with probability 1 - p and scales it") {
  manual_seed(5);
  const tensor y = dropout(ones<1000, 100>(), 0.2);
  extent kept = 0;
  for (const float v : y) {
    CHECK((v == 0 || v == 1.25f));
    kept += v != 0;
  }
  CHECK(std::abs(static_cast<double>(kept) - 80000) < 5 * std::sqrt(100000 * 0.2 * 0.8));
}

TEST_CASE("the seed decides the mask; each call has its own") {
  const auto draw = [] { return tensor(dropout(ones<7, 13>(), 0.5)); };
  const auto equal = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin()); };
  manual_seed(1);
  const auto a = draw(), b = draw();
  manual_seed(1);
  CHECK(equal(draw(), a));
  CHECK_FALSE(equal(a, b));
  manual_seed(2);
  CHECK_FALSE(equal(draw(), a));
}

TEST_CASE("the mask does not depend on the number of threads, nor on what is fused with it") {
  const int before = num_threads();
  const auto x = tensor<float, shape<dyn, 257>>(shape<dyn, 257>{1001}, 2.f);
  manual_seed(3);
  set_num_threads(1);
  const tensor one = dropout(x, 0.3);
  manual_seed(3);
  set_num_threads(3);
  const tensor three = dropout(x, 0.3);
  manual_seed(3);
  const tensor fused = relu(dropout(x * 0.5f, 0.3)) * 2.f;
  set_num_threads(before);
  CHECK(std::equal(one.begin(), one.end(), three.begin()));
  CHECK(std::equal(one.begin(), one.end(), fused.begin()));
}

TEST_CASE("the gradient passes where the value passed") {
  variable x = ones<9, 5>();
  const variable y = dropout(x * 3.f, 0.4);
  sum(y).backward();
  const tensor g = x.grad();
  extent dropped = 0;
  for (extent i = 0; i < g.size(); ++i) {
    CHECK(g.data()[i] == doctest::Approx(y.data()[i] == 0 ? 0 : 3 / 0.6));
    dropped += y.data()[i] == 0;
  }
  CHECK(dropped > 0);
  CHECK(dropped < 45);
}

TEST_CASE("the gradient is right where the mask is stretched, summed or differentiated again") {
  variable row = ones<5>();
  manual_seed(9);
  const tensor mask = dropout(ones<5>(), 0.5);
  manual_seed(9);
  const variable y = ones<3, 5>() * dropout(row * row, 0.5);
  sum(y * 2.f).backward(create_graph);
  for (extent i = 0; i < 5; ++i) {
    CHECK(y(2, i) == mask(i));
    CHECK(row.grad()(i) == doctest::Approx(2 * 3 * 2 * mask(i)));
  }
  const auto first = row.grad_variable();
  row.zero_grad();
  sum(first).backward();
  for (extent i = 0; i < 5; ++i) CHECK(row.grad()(i) == doctest::Approx(2 * 3 * 2 * mask(i)));
}

TEST_CASE("the edges of the probability") {
  const tensor all = dropout(ones<4, 4>(), 0.0), none = dropout(ones<4, 4>(), 1.0);
  CHECK(sum(all).item() == 16);
  CHECK(sum(none).item() == 0);
  CHECK_THROWS_AS(static_cast<void>(dropout(ones<2>(), -0.1)), value_error);
  CHECK_THROWS_AS(nn::dropout(1.5), value_error);
  CHECK(tensor(dropout(tensor<float, shape<0, 3>>(), 0.5)).size() == 0);
}

TEST_CASE("the module is active while it is trained") {
  nn::dropout drop{0.5};
  const auto x = ones<64>();
  CHECK(sum(drop(x) == 0.f).item() > 0);
  nn::eval(drop);
  CHECK(sum(drop(x) == 1.f).item() == 64);
}
