// SPDX-License-Identifier: BSL-1.0
#include <tessera/op/reduce/sum.hpp>
#include <tessera/optim/optim.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace tessera;

namespace {

#include "golden.inc"

template <class T>
struct model {
  nn::parameter<T, shape<21>> p;
  auto fields(auto visit) { visit("p", p); }
};

// Five steps on the gradients of the golden script.
template <class T, class Make>
void check_steps(const Make& make, const double (&expected)[21], double tolerance) {
  const auto wave = [](double step, double offset) {
    tensor<T, shape<21>> x;
    for (extent i = 0; i < 21; ++i) x(i) = static_cast<T>(std::sin(static_cast<double>(i) * step + offset));
    return x;
  };
  model<T> m;
  m.p = wave(0.7, 0.3);
  auto optimizer = make(m);
  for (int step = 0; step < 5; ++step) {
    optimizer.zero_grad();
    // The gradient of p·w + p²/4 is w + p/2.
    sum(m.p * wave(0.45, 0.2 + step) + m.p * m.p * T(0.25)).backward();
    optimizer.step();
  }
  for (extent i = 0; i < 21; ++i) CHECK(std::abs(static_cast<double>(m.p.data()[i]) - expected[i]) < tolerance);
}

template <class Make>
void check_both(const Make& make, const double (&wide)[21], const double (&narrow)[21]) {
  check_steps<double>(make, wide, 1e-12);
  check_steps<float>(make, narrow, 2e-6);
}

}  // namespace

TEST_CASE("sgd takes PyTorch's steps") {
  const auto with = [](optim::sgd_options o) { return [o](auto& m) { return optim::sgd(m, o); }; };
  check_both(with({.lr = 0.1}), sgd, sgd_float);
  check_both(with({.lr = 0.1, .momentum = 0.9}), sgd_momentum, sgd_momentum_float);
  check_both(with({.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.05}), sgd_dampening, sgd_dampening_float);
  check_both(with({.lr = 0.1, .momentum = 0.8, .weight_decay = 0.01, .nesterov = true}), sgd_nesterov, sgd_nesterov_float);
}

TEST_CASE("adam takes PyTorch's steps") {
  const auto with = [](optim::adam_options o) { return [o](auto& m) { return optim::adam(m, o); }; };
  check_both(with({.lr = 0.1}), adam, adam_float);
  check_both(with({.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-4, .weight_decay = 0.1}), adam_options, adam_options_float);
}

TEST_CASE("adamw takes PyTorch's steps") {
  const auto with = [](optim::adamw_options o) { return [o](auto& m) { return optim::adamw(m, o); }; };
  check_both(with({.lr = 0.1}), adamw, adamw_float);
  check_both(with({.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-4, .weight_decay = 0.2}), adamw_options, adamw_options_float);
}

TEST_CASE("a parameter without a gradient stays, and does not age") {
  struct two {
    nn::parameter<double, shape<2>> a, b;
  } m;
  optim::adam optimizer{m, {.lr = 0.5}};
  sum(m.a).backward();
  optimizer.step();
  CHECK(m.a.data()[0] == doctest::Approx(-0.5));
  CHECK(m.b.data()[0] == 0);
  optimizer.zero_grad();
  sum(m.b).backward();
  optimizer.step();  // the first step of b: its correction starts at 1
  CHECK(m.b.data()[0] == doctest::Approx(-0.5));
  CHECK(m.a.data()[0] == doctest::Approx(-0.5));
}

TEST_CASE("a value that somebody holds survives a step") {
  model<float> m;
  optim::sgd optimizer{m, {.lr = 1}};
  const tensor before = m.p.value();
  sum(m.p).backward();
  optimizer.step();
  CHECK(before(0) == 0);
  CHECK(m.p.data()[0] == -1);
}

TEST_CASE("options out of range are refused") {
  model<float> m;
  CHECK_THROWS_AS(optim::sgd(m, {.lr = -1}), value_error);
  CHECK_THROWS_AS(optim::sgd(m, {.nesterov = true}), value_error);
  CHECK_THROWS_AS(optim::adam(m, {.beta1 = 1}), value_error);
  CHECK_THROWS_AS(optim::adam(m, {.lr = std::nan("")}), value_error);
  m.p.requires_grad(false);
  CHECK_THROWS_AS(optim::adam(m, {}), value_error);
}
