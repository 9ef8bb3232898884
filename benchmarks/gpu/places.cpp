// SPDX-License-Identifier: BSL-1.0
// What work costs on each backend of a processor: the widest registers, and items on the systems of Thrust. Microseconds, the least of
// seven turns. The systems of Thrust are there for tests; this says what a test of a large case costs.

#include <tessera/tessera.hpp>

#include <chrono>
#include <cstdio>

namespace ts = tessera;
using ts::shape;
using ts::backend::kind;

namespace {

struct place {
  kind which;
  const char* name;
};
constexpr place places[] = {{kind::simd, "registers"}, {kind::thrust_cpp, "Thrust, plain loops"}, {kind::thrust_omp, "Thrust, OpenMP"}, {kind::thrust_tbb, "Thrust, TBB"}};

void row(const char* name, auto f) {
  std::printf("| %s |", name);
  for (const place& p : places) {
    if (!ts::backend::is_available(p.which)) {
      std::printf(" |");
      continue;
    }
    const ts::backend::scope on(p.which);
    double least = 1e30;
    for (int turn = 0; turn < 7; ++turn) {
      const auto start = std::chrono::steady_clock::now();
      f();
      least = std::min(least, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf(" %.0f |", least);
  }
  std::puts("");
}

struct network {
  ts::nn::linear<784, 128> fc1;
  ts::nn::linear<128, 10> fc2;
  auto operator()(const auto& x) const { return fc2(ts::relu(fc1(x))); }
};

}  // namespace

int main() {
  std::printf("| %d threads, microseconds |", ts::num_threads());
  for (const place& p : places) std::printf(" %s |", p.name);
  std::puts("\n|---|--:|--:|--:|--:|");
  const auto x = ts::rand<float>(shape<1 << 20>{}), y = ts::rand<float>(shape<1 << 20>{});
  auto z = x;
  row("2x + 3y - xy, 1048576", [&] { z = 2.F * x + 3.F * y - x * y; });
  row("tanh(x) sigmoid(x) + exp(-x²), 1048576", [&] { z = ts::tanh(x) * ts::sigmoid(x) + ts::exp(-ts::square(x)); });
  const ts::tensor m = ts::reshape(x, shape<1024, 1024>{});
  row("sum over axis 0, 1024x1024", [&] { static_cast<void>(ts::sum(m, ts::axis<0>)); });
  row("sum over axis 1, 1024x1024", [&] { static_cast<void>(ts::sum(m, ts::axis<1>)); });
  row("softmax over axis 1, 1024x1024", [&] { static_cast<void>(ts::softmax(m, ts::axis<1>)); });
  const ts::tensor a = ts::rand<float>(shape<256, 256>{}), b = ts::rand<float>(shape<256, 256>{});
  row("a b, 256x256x256", [&] { static_cast<void>(ts::matmul(a, b)); });
  network model;
  ts::optim::adam optimizer{model, {.lr = 1e-3}};
  const ts::tensor images = ts::rand<float>(shape<64, 784>{});
  const auto labels = ts::zeros<std::int64_t>(shape<64>{});
  row("training step of 784-128-10, batch 64", [&] {
    optimizer.zero_grad();
    auto loss = ts::nn::cross_entropy(model(images), labels);
    loss.backward();
    optimizer.step();
  });
}
