// SPDX-License-Identifier: BSL-1.0
// Random numbers that follow from their position, on the processor, on emulated GPUs and in captured steps.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

namespace tessera {
namespace {

template <class Make>
auto made_on(device where, Make make) {
  manual_seed(9);
  static_cast<void>(make());  // the second draw has an offset of its own
  const with_device on(where);
  const gpu::no_waiting guard;
  return make();
}

TEST_CASE("numbers by position are the same on every device") {
  const auto compare = [](auto make, double tolerance) {
    const auto here = made_on(device::cpu(), make), there = made_on(device::gpu(1), make);
    CHECK(there.device() == device::gpu(1));
    CHECK(allclose(there, here, {.rtol = tolerance, .atol = tolerance}));
  };
  compare([] { return rand<float>(shape<7, 33>{}, by_position); }, 0);
  compare([] { return rand<double>(shape<dyn>{10001}, by_position); }, 0);
  compare([] { return randn<float>(shape<7, 33>{}, by_position); }, 1e-6);
  compare([] { return randn<double>(shape<dyn>{10001}, by_position); }, 1e-12);
}

TEST_CASE("their distributions are those that were asked for, and no two draws are alike") {
  manual_seed(1);
  const auto check = [](const auto& x, double center, double variance) {
    CHECK(mean(x).item() == doctest::Approx(center).epsilon(0.01).scale(1));
    CHECK(var(x).item() == doctest::Approx(variance).epsilon(0.02));
  };
  const shape<dyn> n{100000};
  check(rand<double>(n, by_position), 0.5, 1.0 / 12);
  check(randn<double>(n, by_position), 0, 1);
  check(rand<float>(n, by_position), 0.5, 1.0 / 12);
  const auto a = randn<float>(n, by_position), b = randn<float>(n, by_position);
  check(a, 0, 1);
  check(a * b, 0, 1);  // independent
  CHECK(mean(pow(a, 4.F)).item() == doctest::Approx(3).epsilon(0.05));
  CHECK(rand<float>(shape<0>{}, by_position).size() == 0);
}

TEST_CASE("a captured step draws new numbers on each replay, those of a step that is not captured") {
  const auto run = [](device where) {
    manual_seed(4);
    gpu::graph step(where, [](const auto& x) { return sum(x * randn<float>(shape<5>{}, by_position) + dropout(x, 0.5)) + sum(rand<float>(shape<3>{}, by_position)); });
    std::vector<float> all;
    for (int i = 0; i < 6; ++i) all.push_back(step(ones<float>(shape<5>{})).item());
    return all;
  };
  const auto here = run(device::cpu()), there = run(device::gpu());
  for (std::size_t i = 0; i < here.size(); ++i) {
    CHECK(there[i] == doctest::Approx(here[i]).epsilon(1e-5));
    if (i > 0) CHECK(here[i] != here[i - 1]);
  }
}

}  // namespace
}  // namespace tessera
