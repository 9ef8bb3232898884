// SPDX-License-Identifier: BSL-1.0
#include <support/places.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/optim.hpp>

namespace tessera::tests {
namespace {

using matrix = shape<dyn, dyn>;

/// cross_entropy of a few rows, in float and double; make() gives the arguments after the logits, at the selected place.
template <class Call>
void check_loss(const char* title, const Call& call) {
  check_places<float>(title, call, operand_of<float>(matrix{5, 3}, 0));
  check_places<double>(title, call, operand_of<double>(matrix{5, 3}, 0));
}

struct net {
  nn::linear<6, 5, nn::of<double>> first;
  nn::linear<5, 3, nn::of<double>> second;

  auto operator()(const auto& x) const { return second(relu(first(x))); }
};

/// The parameters after a few steps of training at the selected place, then the losses.
template <class Make>
std::vector<double> trained_here(const Make& make) {
  manual_seed(3);
  net model;
  auto optimizer = make(model);
  const auto x = placed([] {
    const with_device on(device::cpu());
    return operand_of<double>(shape<dyn, 6>{4}, 1);
  }());
  const tensor labels{0, 2, 1, 1};
  std::vector<double> all;
  for (int step = 0; step < 4; ++step) {
    optimizer->zero_grad();
    const auto loss = nn::cross_entropy(model(x), labels);
    loss.backward();
    optimizer->step();
    all.push_back(loss.item());
  }
  for (const auto& p : {numbers_of(model.first.weight.value()), numbers_of(model.first.bias.value()), numbers_of(model.second.weight.value())}) all.insert(all.end(), p.begin(), p.end());
  return all;
}
template <class Make>
void check_training(const char* title, const Make& make) {
  const auto wanted = trained_here(make);
  for_each_place([&](const char* name) { check_numbers(std::string(title) + " on " + name, trained_here(make), wanted, 1e-9); });
}

}  // namespace

TEST_CASE("cross_entropy at every place") {
  check_loss("mean", [](const auto& a) { return nn::cross_entropy(a, tensor{0, 2, 1, 1, 0}); });
  check_loss("sum, with an ignored row", [](const auto& a) { return nn::cross_entropy(a, tensor{0, -100, 1, 1, 0}, nn::sum_reduction); });
  check_loss("none", [](const auto& a) { return nn::cross_entropy(2 * a, tensor{0, 2, 1, 1, 0}, nn::no_reduction); });
  check_loss("smoothed", [](const auto& a) { return nn::cross_entropy(a, tensor{0, 2, 9, 1, 0}, {.ignore_index = 9, .label_smoothing = 0.2}); });
  check_loss("weighted", [](const auto& a) { return nn::cross_entropy(a, tensor{0, 2, 1, 1, 0}, tensor{0.5f, 2.f, 1.f}, {.label_smoothing = 0.1}); });
}

TEST_CASE("cross_entropy of probabilities at every place") {
  check_places<double>("mean", [](const auto& a, const auto& b) { return nn::cross_entropy(a, b, {.label_smoothing = 0.1}); }, operand_of<double>(shape<5, 3>{}, 0), operand_of<double>(shape<5, 3>{}, 1));
  check_places<float>("weighted", [](const auto& a, const auto& b, const auto& c) { return nn::cross_entropy(a, b, c, {}, nn::no_reduction); }, operand_of<float>(shape<5, 3>{}, 0), operand_of<float>(shape<5, 3>{}, 1),
                      operand_of<float>(shape<3>{}, 2));
}

TEST_CASE("cross_entropy refuses labels at every place") {
  for_each_place([](const char* name) {
    CAPTURE(name);
    const auto logits = placed([] {
      const with_device on(device::cpu());
      return operand_of<float>(matrix{2, 3}, 0);
    }());
    CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(logits, tensor{0, 3}).item()), index_error);
    CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(logits, tensor{0, 1, 2})), shape_error);
    if (!logits.device().is_gpu()) return;
    const auto elsewhere = [] {
      const with_device on(device::cpu());
      return tensor{0, 1};
    }();
    CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(logits, elsewhere)), device_error);
  });
}

TEST_CASE("optimisers at every place") {
  check_training("sgd", [](net& model) { return std::make_unique<optim::sgd>(model, optim::sgd_options{.lr = 0.1}); });
  check_training("sgd, nesterov", [](net& model) { return std::make_unique<optim::sgd>(model, optim::sgd_options{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}); });
  check_training("adam", [](net& model) { return std::make_unique<optim::adam>(model, optim::adam_options{.lr = 0.01, .weight_decay = 0.1}); });
  check_training("adamw", [](net& model) { return std::make_unique<optim::adamw>(model, optim::adamw_options{.lr = 0.01}); });
}

}  // namespace tessera::tests
