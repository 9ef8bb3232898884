// SPDX-License-Identifier: BSL-1.0
// One GPU: each row is a name, microseconds, and what the row is worth in GB/s or GFLOP/s. The first rows are the limits that the
// others are held against: a copy of the driver, and cuBLAS through a product of its favourite size.

#include <tessera/tessera.hpp>

#include <chrono>
#include <cstdio>

namespace ts = tessera;
using ts::shape;

namespace {

const ts::device gpu = ts::gpu::is_available() ? ts::device::gpu() : ts::device::cpu();

/// Microseconds of f: the least of five means over at least 20 ms.
double microseconds(auto f) {
  using clock = std::chrono::steady_clock;
  const auto run = [&](int times) {
    ts::gpu::synchronize(gpu);
    const auto start = clock::now();
    for (int i = 0; i < times; ++i) f();
    ts::gpu::synchronize(gpu);
    return std::chrono::duration<double, std::micro>(clock::now() - start).count();
  };
  run(3);
  int times = 1;
  while (run(times) < 20000 && times < 1 << 20) times *= 2;
  double least = run(times);
  for (int i = 0; i < 4; ++i) least = std::min(least, run(times));
  return least / times;
}

/// `amount`: bytes for GB/s or operations for GFLOP/s.
void report(const char* name, double us, double amount, const char* unit) { std::printf("%s\t%.2f\t%.1f\t%s\n", name, us, amount / us / 1e3, unit); }

struct mlp {
  ts::nn::linear<784, 128> fc1;
  ts::nn::linear<128, 128> fc2;
  ts::nn::linear<128, 10> fc3;
  auto operator()(const auto& x) const {
    auto h1 = ts::relu(fc1(x));
    auto h2 = ts::relu(fc2(h1));
    return fc3(h2);
  }
};
struct cnn {
  ts::nn::conv2d<1, 32, 3, ts::padding<1>> conv1;
  ts::nn::conv2d<32, 64, 3, ts::padding<1>> conv2;
  ts::nn::max_pool2d<2> pool;
  ts::nn::linear<3136, 128> fc1;
  ts::nn::linear<128, 10> fc2;
  auto operator()(const auto& x) const {
    auto h1 = pool(ts::relu(conv1(x)));
    auto h2 = pool(ts::relu(conv2(h1)));
    auto h3 = ts::relu(fc1(ts::flatten(h2, ts::axis<1>)));
    return fc2(h3);
  }
};

/// `is_captured`: by a graph, else as it is written.
template <class Model, class S>
double training_step(S images, bool is_captured) {
  Model model;
  to(model, gpu);
  ts::optim::adam optimizer{model, {.lr = 1e-3}};
  const ts::tensor x = to(ts::randn<float>(images), gpu);
  const ts::tensor y = to(ts::zeros<std::int64_t>(shape<ts::dyn>{images[0]}), gpu);
  const auto step = [&](const auto& images_of_step, const auto& labels) {
    optimizer.zero_grad();
    auto loss = ts::nn::cross_entropy(model(images_of_step), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
  ts::gpu::graph captured(gpu, step);
  if (is_captured) return microseconds([&] { static_cast<void>(captured(x, y)); });
  return microseconds([&] { static_cast<void>(step(x, y)); });
}

/// Two layers of an LSTM, 256 -> 512, over 64 sequences of 128 steps.
void lstm_rows() {
  ts::nn::lstm<256, 512, ts::nn::layers<2>> model;
  to(model, gpu);
  const auto x = ts::randn<float>(shape<ts::dyn, ts::dyn, 256>{128, 64});
  constexpr double operations = 2 * 128.0 * 64 * 4 * 512 * (256 + 512 + 512 + 512);
  report("LSTM, forward", microseconds([&] {
           const ts::no_grad guard;
           static_cast<void>(model(x));
         }),
         operations, "GFLOP/s");
  report("LSTM, forward and backward", microseconds([&] {
           ts::nn::zero_grad(model);
           const auto [y, state] = model(x);
           ts::variable loss = ts::sum(y);
           loss.backward();
         }),
         3 * operations, "GFLOP/s");
}

/// Batches of 256 images of 3 x 64 x 64, one by one: what the bus gives, and what of it hides behind a product of matrices.
void loader_rows() {
  const auto images = [] {
    const ts::with_device on(ts::device::cpu());
    return ts::rand<float>(shape<2048, 3, 64, 64>{});
  }();
  const ts::data::loader batches{ts::data::tensor_dataset{images}, {.batch_size = 256, .workers = 4, .device = gpu}};
  constexpr double bytes = 4.0 * 2048 * 3 * 64 * 64;
  const auto a = ts::rand<float>(shape<4096, 4096>{}, ts::by_position);
  const auto epoch = [&](int products) {
    for (auto&& [x] : batches)
      for (int i = 0; i < products; ++i) static_cast<void>(ts::matmul(a, a));
  };
  report("8 batches from the loader", microseconds([&] { epoch(0); }), bytes, "GB/s");
  report("8 batches, 4 matmuls of 4096 cubed each", microseconds([&] { epoch(4); }), bytes, "GB/s");
  report("the 32 matmuls alone", microseconds([&] {
           for (int i = 0; i < 32; ++i) static_cast<void>(ts::matmul(a, a));
         }),
         32 * 2 * 4096.0 * 4096.0 * 4096.0, "GFLOP/s");
}

}  // namespace

int main() {
  if (!ts::gpu::is_available()) {
    std::puts("no GPU: nothing is measured");
    return 77;
  }
  const ts::with_device on(gpu);
  constexpr ts::extent n = 1 << 26;
  constexpr double bytes = 4.0 * n;
  const auto x = ts::full<float>(shape<ts::dyn>{n}, 0.5F), y = ts::full<float>(shape<ts::dyn>{n}, 0.25F);
  auto z = ts::zeros<float>(shape<ts::dyn>{n});
  report("copy of the driver", microseconds([&] { ts::gpu::memory::copy(0, z.mutable_data(), x.data(), bytes); }), 2 * bytes, "GB/s");
  report("z = x", microseconds([&] { z = x + 0.F; }), 2 * bytes, "GB/s");
  report("2x + 3y - xy", microseconds([&] { z = 2.F * x + 3.F * y - x * y; }), 3 * bytes, "GB/s");
  report("tanh(x) sigmoid(x) + exp(-x^2)", microseconds([&] { z = ts::tanh(x) * ts::sigmoid(x) + ts::exp(-ts::square(x)); }), 2 * bytes, "GB/s");
  report("sum of all", microseconds([&] { static_cast<void>(ts::sum(x)); }), bytes, "GB/s");
  const ts::tensor m = ts::reshape(x, shape<8192, 8192>{});
  report("sum over axis 0, 8192x8192", microseconds([&] { static_cast<void>(ts::sum(m, ts::axis<0>)); }), bytes, "GB/s");
  report("sum over axis 1, 8192x8192", microseconds([&] { static_cast<void>(ts::sum(m, ts::axis<1>)); }), bytes, "GB/s");
  report("softmax over axis 1, 8192x8192", microseconds([&] { static_cast<void>(ts::softmax(m, ts::axis<1>)); }), 2 * bytes, "GB/s");
  report("layer_norm over axis 1, 8192x8192", microseconds([&] { static_cast<void>(ts::layer_norm(m, ts::axis<-1>)); }), 2 * bytes, "GB/s");
  report("transposed copy, 8192x8192", microseconds([&] { ts::tensor t = ts::transpose(m); }), 2 * bytes, "GB/s");
  for (const bool tf32 : {false, true}) {
    ts::gpu::allow_tf32(tf32);
    const ts::tensor a = ts::randn<float>(shape<4096, 4096>{}), b = ts::randn<float>(shape<4096, 4096>{});
    report(tf32 ? "matmul 4096 cubed, TF32" : "matmul 4096 cubed", microseconds([&] { static_cast<void>(ts::matmul(a, b)); }), 2 * 4096.0 * 4096.0 * 4096.0, "GFLOP/s");
  }
  ts::gpu::allow_tf32(false);
  for (const bool captured : {false, true}) {
    report(captured ? "training step, MLP, batch 64, captured" : "training step, MLP, batch 64", training_step<mlp>(shape<ts::dyn, 784>{64}, captured), 0, "-");
    report(captured ? "training step, CNN, batch 64, captured" : "training step, CNN, batch 64", training_step<cnn>(shape<ts::dyn, 1, 28, 28>{64}, captured), 0, "-");
  }
  lstm_rows();
  loader_rows();
}
