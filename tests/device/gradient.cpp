// SPDX-License-Identifier: BSL-1.0
// Gradients on the emulated GPUs are those of the processor.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

namespace tessera {
namespace {

template <class F, class... S>
void compare(F f, S... shapes) {
  manual_seed(1);
  const auto run = [&](device where, auto... values) {
    auto variables = std::tuple{variable(to(values, where))...};
    variable loss = std::apply(f, variables);
    CHECK(loss.device() == where);
    loss.backward();
    return std::apply([](auto&... x) { return std::tuple{x.grad()...}; }, variables);
  };
  const auto check = [&](auto... values) {
    const auto here = run(device::cpu(), values...), there = run(device::gpu(1), values...);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto check_one = [](const auto& of_gpu, const auto& of_cpu) {
        CHECK(of_gpu.device() == device::gpu(1));
        CHECK(allclose(of_gpu, of_cpu, {.rtol = 1e-5, .atol = 1e-6}));
      };
      (check_one(std::get<I>(there), std::get<I>(here)), ...);
    }(std::index_sequence_for<S...>{});
  };
  check(randn<float>(shapes)...);
}

TEST_CASE("statements of every way to stretch a leaf") {
  const auto f = [](const auto& a, const auto& b) { return sum(tanh(a * b + 1.F) * a); };
  compare(f, shape<5, 7>{}, shape<5, 7>{});
  compare(f, shape<5, 7>{}, shape<7>{});
  compare(f, shape<5, 7>{}, shape<5, 1>{});
  compare(f, shape<5, 7>{}, shape<>{});
  compare(f, shape<1>{}, shape<3, 4, 5>{});
  compare(f, shape<300, 200>{}, shape<200>{});
  compare(f, shape<70000>{}, shape<1>{});
  compare(f, shape<dyn, 3>{11}, shape<3>{});
  compare(f, shape<dyn, 3>{0}, shape<3>{});
}

TEST_CASE("a leaf that is read twice, in one way and in two") {
  compare([](const auto& a) { return sum(a * a * exp(a)); }, shape<6, 6>{});
  compare([](const auto& a) { return sum(a * transpose(a)); }, shape<6, 6>{});
  compare([](const auto& a) { return sum(slice(a, range<1, 4>, full_extent) * slice(a, range<0, 3>, full_extent)); }, shape<6, 2>{});
}

TEST_CASE("sums along axes, means and variances") {
  compare([](const auto& a) { return sum(square(sum(a, axis<0>))); }, shape<9, 4>{});
  compare([](const auto& a) { return sum(square(mean(a, axis<1>))); }, shape<9, 400>{});
  compare([](const auto& a) { return sum(var(a, axis<1>)); }, shape<9, 40>{});
  compare([](const auto& a) { return mean(square(a)); }, shape<1000, 300>{});
}

TEST_CASE("movement, conversion and moves between devices") {
  compare([](const auto& a) { return sum(reshape(permute(a, axes<2, 0, 1>), shape<4, 6>{}) * 2.F); }, shape<2, 3, 4>{});
  compare([](const auto& a) { return sum(exp(broadcast_to(a, shape<5, 3>{}))); }, shape<3>{});
  compare([](const auto& a) { return cast<float>(sum(square(cast<double>(a)))); }, shape<3, 2>{});
  variable x = tensor{{1.F, 2.F}, {3.F, 4.F}};
  variable y = sum(square(to(to(x, device::gpu()), device::gpu(1))));
  CHECK(y.device() == device::gpu(1));
  y.backward();
  CHECK(x.grad().device() == device::cpu());
  CHECK(equal(x.grad(), x.value() * 2.F));
}

TEST_CASE("second derivatives, retained graphs and gradients that add up") {
  const with_device on(device::gpu());
  variable x = tensor{0.5F, -1.F, 2.F};
  variable y = sum(x * x * x);
  y.backward(create_graph);
  variable z = sum(x.grad_variable());
  x.zero_grad();
  z.backward();
  CHECK(allclose(x.grad(), 6.F * x.value()));
  variable w = sum(square(x));
  x.zero_grad();
  w.backward(retain_graph);
  w.backward();
  CHECK(allclose(x.grad(), 4.F * x.value()));
}

TEST_CASE("random masks are the same on every device") {
  const auto masked = [](device where) {
    manual_seed(5);
    return tensor(to(dropout(to(ones<float>(shape<33, 5>{}), where), 0.4), device::cpu()));
  };
  CHECK(equal(masked(device::cpu()), masked(device::gpu())));
}

}  // namespace
}  // namespace tessera
