// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/data/loader.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/optim/adam.hpp>

using namespace tessera;
using namespace tessera::tests;

namespace {
struct net {
  nn::linear<20, 16> fc1;
  nn::linear<16, 16> fc2;
  nn::linear<16, 5> fc3;
  auto operator()(const auto& x) const { return fc3(relu(fc2(relu(fc1(x))))); }
};
}  // namespace

TEST_CASE("a hundred losses of a training run are PyTorch's: initialisation, shuffling, gradients and Adam") {
  manual_seed(0);
  const auto x = wave<float>(shape<96, 20>{}, 0.37, 0.5);
  auto y = tensor<std::int64_t, shape<96>>();
  for (extent i = 0; i < 96; ++i) y(i) = (7 * i) % 5;
  net model;
  optim::adam optimizer{model, {.lr = 1e-2}};
  data::loader loader{data::tensor_dataset{x, y}, {.batch_size = 10, .shuffle = true}};
  std::size_t step = 0;
  while (step < 100)
    for (auto&& [a, b] : loader) {
      optimizer.zero_grad();
      auto loss = nn::cross_entropy(model(a), b);
      loss.backward();
      optimizer.step();
      CAPTURE(step);
      CHECK(static_cast<double>(loss.item()) == doctest::Approx(training_losses[step]).epsilon(1e-4));
      if (++step == 100) break;
    }
}
