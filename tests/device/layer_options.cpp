// SPDX-License-Identifier: BSL-1.0
// Layers that write while they read, and those with options of their own, on the emulated GPU: as they are, and in a captured step.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace tessera {
namespace {

struct network {
  nn::embedding<9, 4> table{{.max_norm = 1.2, .scale_grad_by_freq = true}};
  nn::conv2d<1, 3, 2, same_padding, reflect_padding> filter;
  nn::lstm<12, 6, nn::proj_size<3>, nn::batch_first> cells;

  auto operator()(const auto& words) const {
    const variable read = filter(unsqueeze(table(words), axis<1>));  // [batch, 3, words, 4]
    const auto steps = reshape(permute(read, axes<0, 2, 1, 3>), shape<6, 5, 12>{});
    return variable(select(cells(steps).output, axis<1>, 4));
  }
};

/// The losses of some steps and what became of the table.
std::vector<float> trained(device where, bool is_captured) {
  manual_seed(4);
  const tensor words = randint(0, 9, shape<6, 5>{});
  const tensor<float, shape<6, 3>> shares = softmax(randn<float>(shape<6, 3>{}), axis<1>);
  network model;
  to(model, where);
  optim::sgd optimizer{model, {.lr = 0.5}};
  const auto step = [&](const auto& x, const auto& q) {
    optimizer.zero_grad();
    auto loss = nn::cross_entropy(model(x), q, {.label_smoothing = 0.1});
    loss.backward();
    optimizer.step();
    return loss;
  };
  std::vector<float> all;
  const auto finish = [&] {
    const tensor table = to(model.table.weight.value(), device::cpu());
    all.insert(all.end(), table.span().begin(), table.span().end());
    return all;
  };
  if (is_captured) {
    gpu::graph captured(where, step);
    for (int i = 0; i < 6; ++i) all.push_back(captured(words, shares).item());
    CHECK(captured.replays() == 5);
    return finish();
  }
  for (int i = 0; i < 6; ++i) all.push_back(step(to(words, where), to(shares, where)).item());
  return finish();
}

}  // namespace

TEST_CASE("rarer options of layers: a GPU gives what the processor gives, and a captured step its bits") {
  const std::vector<float> here = trained(device::cpu(), false), there = trained(device::gpu(), false);
  REQUIRE(here.size() == there.size());
  CHECK(here[0] != here[5]);
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(there[i] == doctest::Approx(here[i]).epsilon(1e-4));
  CHECK(trained(device::gpu(), true) == there);
}

TEST_CASE("a captured step shortens no rows of a table that somebody else holds") {
  nn::embedding<9, 4> table{{.max_norm = 0.1}};
  to(table, device::gpu());
  std::vector<tensor<float, shape<9, 4>>> held;
  gpu::graph captured(device::gpu(), [&](const auto& x) {
    held.push_back(table.weight.value());
    return sum(table(x));
  });
  const tensor words{1, 2};
  static_cast<void>(captured(words));  // as written: the table moves
  CHECK_THROWS_WITH_AS(static_cast<void>(captured(words)), doctest::Contains("renormalizing rows of a table that others hold"), device_error);
}

TEST_CASE("the two biases of an lstm have gradients of their own, which captured steps need") {
  const auto replays = [](auto model) {
    to(model, device::gpu());
    optim::sgd optimizer{model, {.lr = 0.1}};
    gpu::graph captured(device::gpu(), [&](const auto& x) {
      optimizer.zero_grad();
      variable loss = sum(square(model(x).output));
      loss.backward();
      optimizer.step();
      return loss;
    });
    for (int i = 0; i < 4; ++i) static_cast<void>(captured(ones<float>(shape<5, 2, 3>{})));
    return captured.replays();
  };
  CHECK(replays(nn::lstm<3, 6>()) == 3);
  CHECK(replays(nn::lstm<3, 6, nn::layers<2>, nn::proj_size<2>>()) == 3);
}

}  // namespace tessera
