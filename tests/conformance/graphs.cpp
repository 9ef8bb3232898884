// SPDX-License-Identifier: BSL-1.0
// A step that is captured and replayed, and batches that a loader sends ahead, at every place: the bits of a step that is not.
#include <support/places.hpp>
#include <tessera/autograd/gpu_graph.hpp>
#include <tessera/data/loader.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/optim.hpp>
#include <tessera/tensor/create.hpp>
#include <tessera/tensor/draw.hpp>

namespace tessera::tests {
namespace {

struct net {
  nn::embedding<20, 6> table;
  nn::linear<6, 16> first;
  nn::dropout drop{0.3};
  nn::linear<16, 3> second;
  auto operator()(const auto& x) const { return second(drop(relu(first(sum(table(x), axis<1>))))); }
};

/// The losses of three epochs and the weights they lead to; is_captured: by a graph, where this is a GPU.
std::vector<double> trained(bool is_captured) {
  const device where = current_device();
  const with_device here(device::cpu());
  manual_seed(3);
  const data::tensor_dataset dataset{randint(0, 20, shape<70, 4>{}), randint(0, 3, shape<70>{})};
  const data::loader batches{dataset, {.batch_size = 16, .shuffle = true, .workers = 2, .device = where}};
  net model;
  to(model, where);
  optim::adam optimizer{model, {.lr = 0.05, .weight_decay = 0.01}};
  const auto as_written = [&](const auto& x, const auto& y) {
    optimizer.zero_grad();
    variable loss = nn::cross_entropy(model(x), y, {.label_smoothing = 0.1}) + 0.01F * mean(square(randn<float>(shape<50>{}, by_position)));
    loss.backward();
    optimizer.step();
    return loss;
  };
  gpu::graph captured(where, as_written);
  std::vector<double> all;
  for (int epoch = 0; epoch < 3; ++epoch) {
    optimizer.options.lr = 0.05 / (1 + epoch);
    for (auto&& [x, y] : batches) {
      const with_device on(where);
      if (is_captured) all.push_back(static_cast<double>(captured(x, y).item()));
      else all.push_back(static_cast<double>(as_written(x, y).item()));
    }
  }
  CHECK(captured.replays() == (is_captured && where.is_gpu() ? 11 : 0));  // of 15 batches the first, and in each epoch the one of 6 rows, are as written
  for (const auto& p : {numbers_of(model.first.weight.value()), numbers_of(model.second.bias.value())}) all.insert(all.end(), p.begin(), p.end());
  return all;
}

TEST_CASE("captured steps at every place") {
  for_each_place([](const char* name) {
    CAPTURE(name);
    const auto wanted = trained(false);
    CHECK(wanted.size() == 15 + 96 + 3);
    CHECK(trained(true) == wanted);
  });
}

TEST_CASE("what a captured step cannot do, at every place") {
  for_each_place([](const char* name) {
    CAPTURE(name);
    const device where = current_device();
    if (!where.is_gpu()) return;
    const auto x = placed(tensor{1.F, 2.F});
    gpu::graph waits(where, [](const auto& v) { return v * sum(v).item(); });
    CHECK(numbers_of(waits(x)) == std::vector<double>{3.0, 6.0});
    CHECK_THROWS_AS(static_cast<void>(waits(x)), device_error);
    gpu::graph reads(where, [](const auto& v) { return v + randn<float>(shape<2>{}); });
    static_cast<void>(reads(x));
    CHECK_THROWS_AS(static_cast<void>(reads(x)), device_error);
    CHECK(sum(x).item() == 3);  // the GPU goes on
  });
}

}  // namespace
}  // namespace tessera::tests
