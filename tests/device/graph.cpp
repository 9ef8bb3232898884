// SPDX-License-Identifier: BSL-1.0
// Captured steps on the emulated GPU, whose graphs are lists of the work with its arguments by value: a stale address or a number
// that was frozen shows in the losses.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace tessera {
namespace {

struct network {
  nn::linear<6, 16> first;
  nn::linear<16, 3> second;
  nn::dropout drop{0.3};
  auto operator()(const auto& x) const { return second(drop(relu(first(x)))); }
};

/// All a training leaves: the losses, then parameters.
struct outcome {
  std::vector<float> losses;
  tensor<float, shape<16, 6>> first;
  tensor<float, shape<3>> last;
  long replays = 0;
  friend bool operator==(const outcome& a, const outcome& b) { return a.losses == b.losses && equal(a.first, b.first) && equal(a.last, b.last); }
};

/// Twelve steps, each by what between(step, model, optimizer) leaves; is_captured: by a graph.
template <class Optimizer, class Options, class Between>
outcome trained(bool is_captured, Options options, const Between& between) {
  const device where = device::gpu();
  manual_seed(3);
  const tensor images = randn<float>(shape<48, 6>{});
  const tensor labels = randint(0, 3, shape<48>{});
  network model;
  to(model, where);
  Optimizer optimizer{model, options};
  const auto step = [&](const auto& x, const auto& y) {
    optimizer.zero_grad();
    auto loss = nn::cross_entropy(model(x), y, {.label_smoothing = 0.1});
    loss.backward();
    optimizer.step();
    return loss;
  };
  gpu::graph captured(where, step);
  outcome out;
  const auto call = [&](const auto& x, const auto& y) { out.losses.push_back(is_captured ? captured(x, y).item() : step(to(x, where), to(y, where)).item()); };
  for (int i = 0; i < 12; ++i) {
    between(i, model, optimizer);
    const tensor<float, shape<dyn, 6>> x = slice(images, range_of{i % 4 * 12, i % 4 * 12 + 12}, full_extent);
    const tensor<std::int64_t, shape<dyn>> y = slice(labels, range_of{i % 4 * 12, i % 4 * 12 + 12});
    call(x, y);
  }
  out.first = to(model.first.weight.value(), device::cpu());
  out.last = to(model.second.bias.value(), device::cpu());
  out.replays = captured.replays();
  return out;
}
constexpr auto nothing = [](int, auto&, auto&) {};

TEST_CASE("a captured step gives the bits of a step that is not") {
  const auto compare = [](auto make) {
    const outcome wanted = make(false), got = make(true);
    CHECK(got == wanted);
    CHECK(got.replays == 11);
    CHECK(wanted.losses.front() != wanted.losses.back());
  };
  compare([](bool is_captured) { return trained<optim::adam>(is_captured, optim::adam_options{.lr = 0.05, .weight_decay = 0.01}, nothing); });
  compare([](bool is_captured) { return trained<optim::adamw>(is_captured, optim::adamw_options{.lr = 0.05}, nothing); });
  compare([](bool is_captured) { return trained<optim::sgd>(is_captured, optim::sgd_options{.lr = 0.05, .momentum = 0.9, .nesterov = true}, nothing); });
  compare([](bool is_captured) { return trained<optim::sgd>(is_captured, optim::sgd_options{.lr = 0.05}, nothing); });
}

TEST_CASE("options and seeds may change between replays") {
  const auto run = [](bool is_captured) {
    return trained<optim::adam>(is_captured, optim::adam_options{.lr = 0.05}, [](int i, auto&, auto& optimizer) {
      optimizer.options.lr = 0.05 / (1 + i);
      if (i == 6) manual_seed(77);
    });
  };
  const outcome got = run(true);
  CHECK(got == run(false));
  CHECK(got.replays == 11);
}

TEST_CASE("what somebody else holds is left alone, and the step is captured anew") {
  std::vector<std::vector<tensor<float, shape<16, 6>>>> weights(2), gradients(2);
  const auto run = [&](bool is_captured) {
    return trained<optim::adam>(is_captured, optim::adam_options{.lr = 0.05}, [&](int i, auto& model, auto&) {
      if (i == 4) weights[is_captured].push_back(model.first.weight.value());
      if (i == 8) gradients[is_captured].push_back(model.first.weight.grad());
      if (i == 8) weights[is_captured].push_back(to(model.first.weight.value(), device::cpu()));
    });
  };
  const outcome got = run(true), wanted = run(false);
  CHECK(got == wanted);
  CHECK(got.replays == 9);
  CHECK(equal(weights[0][0], weights[1][0]));
  CHECK(equal(weights[0][1], weights[1][1]));
  CHECK(equal(gradients[0][0], gradients[1][0]));
}

TEST_CASE("a parameter that is assigned, and a model that moves away and back") {
  const auto run = [](bool is_captured) {
    return trained<optim::sgd>(is_captured, optim::sgd_options{.lr = 0.05, .momentum = 0.9}, [](int i, auto& model, auto&) {
      if (i == 5) model.second.bias = to(tensor{0.5F, -0.5F, 0.25F}, device::gpu());
      if (i == 7) to(model, device::cpu());
      if (i == 7) to(model, device::gpu());
    });
  };
  const outcome got = run(true);
  CHECK(got == run(false));
  CHECK(got.replays >= 8);
}

TEST_CASE("gradients of a captured step are used, kept and dropped outside of it") {
  const device where = device::gpu();
  // Each `size` calls of the step add up to one update. A capture that starts without gradients serves the first of them.
  const auto run = [&](bool is_captured, int size, bool clears_within) {
    manual_seed(6);
    network model;
    to(model, where);
    optim::adam optimizer{model, {.lr = 0.05}};
    gpu::graph gradients(is_captured ? where : device::cpu(), [&](const auto& x) {
      if (clears_within) optimizer.zero_grad();
      auto loss = mean(square(model(x)));
      loss.backward();
      return loss;
    });
    std::vector<float> all;
    for (int i = 0; i < 12; ++i) {
      const tensor x = to(randn<float>(shape<8, 6>{}), where);
      all.push_back(gradients(x).item());
      all.push_back(sum(abs(model.second.weight.grad())).item());
      if (i % size != size - 1) continue;
      optimizer.step();
      if (!clears_within && i != 7) optimizer.zero_grad();
    }
    if (is_captured && size == 1) CHECK(gradients.replays() == (clears_within ? 11 : 10));
    if (is_captured) CHECK(gradients.replays() > 3);
    return all;
  };
  for (const bool within : {false, true})
    for (const int size : {1, 2}) CHECK(run(true, size, within) == run(false, size, within));
}

TEST_CASE("an optimiser alone is captured, and sees gradients only where they were") {
  const device where = device::gpu();
  const auto run = [&](bool is_captured) {
    struct holder {
      nn::parameter<float, shape<3>> w{tensor{1.F, -2.F, 3.F}};
    } model;
    to(model, where);
    optim::sgd optimizer{model, {.lr = 0.1, .momentum = 0.5}};
    gpu::graph step(is_captured ? where : device::cpu(), [&] { optimizer.step(); });
    for (int i = 0; i < 8; ++i) {
      if (i % 3 == 0) optimizer.zero_grad();
      sum(square(model.w) * static_cast<float>(i + 1)).backward();
      step();
    }
    return model.w.value();
  };
  CHECK(equal(run(true), run(false)));
}

TEST_CASE("batches of another size are done as written, between replays") {
  const device where = device::gpu();
  const auto run = [&](bool is_captured) {
    manual_seed(4);
    const data::tensor_dataset dataset{randn<float>(shape<50, 6>{}), randint(0, 3, shape<50>{})};
    data::loader batches{dataset, {.batch_size = 16, .shuffle = true, .workers = 1, .device = where}};
    network model;
    to(model, where);
    optim::adam optimizer{model, {.lr = 0.05}};
    gpu::graph step(is_captured ? where : device::cpu(), [&](const auto& x, const auto& y) {
      optimizer.zero_grad();
      auto loss = nn::cross_entropy(model(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    });
    std::vector<tensor<float, shape<>>> losses;  // each has memory of its own
    for (int epoch = 0; epoch < 3; ++epoch)
      for (auto&& [x, y] : batches) losses.push_back(step(x, y));
    CHECK(step.replays() == (is_captured ? 8 : 0));
    std::vector<float> numbers;
    for (const auto& loss : losses) numbers.push_back(loss.item());
    return numbers;
  };
  const auto wanted = run(false);
  CHECK(wanted.size() == 12);
  CHECK(run(true) == wanted);
}

TEST_CASE("a step that was captured for a rare shape is captured anew") {
  const device where = device::gpu();
  int runs = 0;
  gpu::graph twice(where, [&](const auto& x) { return ++runs, x * 2.F; });
  const auto call = [&](extent n) { CHECK(equal(twice(ones<float>(shape<dyn>{n})), full(shape<dyn>{n}, 2.F))); };
  for (const extent n : {5, 2, 5, 5, 5, 2, 5}) call(n);
  CHECK(runs == 5);  // as written, captured for 2, as written, captured for 5, and once more for 2
  CHECK(twice.replays() == 4);
  const tensor<double, shape<2>> other{1.0, 2.0};
  CHECK(equal(twice(other), other * 2.0));
}

TEST_CASE("a step may keep its argument") {
  std::vector<tensor<float, shape<2>>> kept;
  gpu::graph step(device::gpu(), [&](const auto& x) {
    kept.push_back(x);
    return x + 1.F;
  });
  for (int i = 0; i < 5; ++i) CHECK(step(full(shape<2>{}, static_cast<float>(i)))(0) == static_cast<float>(i + 1));
  CHECK(kept.size() >= 3);
  std::vector<float> numbers;
  for (const auto& x : kept) numbers.push_back(x(0));
  std::sort(numbers.begin(), numbers.end());
  CHECK(std::unique(numbers.begin(), numbers.end()) == numbers.end());  // no later call wrote what an earlier one kept
}

TEST_CASE("a step without arguments or a result, and one that is called on the processor") {
  for (const device where : {device::cpu(), device::gpu(1)}) {
    variable w = to(tensor{1.F, 2.F}, where);
    const tensor x = to(tensor{3.F, -1.F}, where);
    int runs = 0;
    gpu::graph step(where, [&] {
      ++runs;
      w.zero_grad();
      sum(square(w * x)).backward();
    });
    for (int i = 0; i < 5; ++i) step();
    CHECK(runs == (where.is_gpu() ? 2 : 5));
    CHECK(equal(w.grad(), tensor{18.F, 4.F}));
  }
}

TEST_CASE("what a captured step cannot do is said by name") {
  const device where = device::gpu();
  const auto message_of = [&](auto f) {
    gpu::graph step(where, f);
    const tensor x = to(tensor{1.F, 2.F}, where);
    step(x);
    try {
      step(x);
    } catch (const device_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(message_of([](const auto& x) { return x * sum(x).item(); }) == "tessera::gpu::graph: reading a tensor waits for the GPU, which a captured step cannot do");
  CHECK(message_of([&](const auto& x) { return gpu::synchronize(where), x + 1.F; }) == "tessera::gpu::graph: synchronize waits for the GPU, which a captured step cannot do");
  CHECK(message_of([&](const auto& x) { return x + randn<float>(shape<2>{}); }) == "tessera::gpu::graph: writing a tensor reads the memory of the processor, which a captured step cannot do");
  CHECK(message_of([&](const auto& x) { return to(tensor(x + 1.F), device::gpu(1)); }) == "tessera::gpu::graph: a step of gpu:0 cannot make tensors on gpu:1");
  CHECK(message_of([&](const auto& x) { return gpu::graph(where, [](const auto& y) { return y * 2.F; })(x); }).empty());
  nn::linear<2, 2> model;
  to(model, where);
  optim::sgd optimizer{model, {.lr = 0.1}};
  std::vector<tensor<float, shape<2, 2>>> held;
  CHECK(message_of([&](const auto& x) {
          optimizer.zero_grad();
          auto loss = sum(model(reshape(x, shape<1, 2>{})));
          loss.backward();
          held.push_back(model.weight.value());
          optimizer.step();
          return loss;
        }).find("the parameter weight is held by an expression or a tensor") != std::string::npos);
  CHECK(sum(to(tensor{1.F, 2.F}, where)).item() == 3);  // the GPU goes on
}

TEST_CASE("the memory of a graph is steady, and outlives it as long as somebody holds some") {
  const device where = device::gpu();
  const std::size_t before = gpu::memory_allocated(where);
  {
    network model;
    to(model, where);
    optim::sgd optimizer{model, {.lr = 0.1}};
    {
      gpu::graph step(where, [&](const auto& x) {
        optimizer.zero_grad();
        auto loss = mean(square(model(x)));
        loss.backward();
        optimizer.step();
        return loss;
      });
      const tensor x = to(ones<float>(shape<4, 6>{}), where);
      std::size_t held = 0;
      for (int i = 0; i < 6; ++i) {
        static_cast<void>(step(x));
        if (i > 1) CHECK(gpu::memory_allocated(where) == held);
        held = gpu::memory_allocated(where);
      }
      CHECK(step.replays() == 5);
    }
    const tensor gradient = model.first.weight.grad();  // it is in the memory of the graph that has gone
    optimizer.zero_grad();
    CHECK(sum(abs(gradient)).item() >= 0);
  }
  CHECK(gpu::memory_allocated(where) == before);
}

}  // namespace
}  // namespace tessera
