// SPDX-License-Identifier: BSL-1.0
// The training loop: a network learns digits, is validated after every epoch, saved, loaded again, and shows what it sees.

#include <tessera/data/loader.hpp>
#include <tessera/data/progress.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/adam.hpp>

#include <cstdio>
#include <string_view>

#include "support/digits.hpp"
#include "support/options.hpp"

namespace ts = tessera;

struct simple_net {
  ts::nn::linear<784, 128> fc1;
  ts::nn::linear<128, 128> fc2;
  ts::nn::linear<128, 10> fc3;
  ts::nn::dropout drop{0.2};

  auto operator()(const auto& x) const {
    auto h1 = drop(ts::relu(fc1(x)));
    auto h2 = drop(ts::relu(fc2(h1)));
    return fc3(h2);
  }
};

struct settings {
  std::string data, save = "digits.safetensors";
  int epochs = 3, batch = 64, workers = 1, losses = 0;
  double lr = 1e-3, dropout = 0.2;
  std::uint64_t seed = 0;
  ts::device device = ts::device::cpu();
};

constexpr const char* help =
    "usage: 04_training_loop [--data DIR] [--epochs N] [--batch N] [--lr X] [--dropout P] [--seed N]\n"
    "                        [--workers N] [--save FILE] [--losses N] [--device cpu|gpu]\n"
    "DIR holds MNIST's IDX files; without it, digits are drawn. --losses prints the loss of the first N steps and ends.\n";

settings read(int argc, char** argv) {
  settings s;
  options::parse(argc, argv, [&](std::string_view name, std::string_view value) {
    if (name == "--data") s.data = value;
    else if (name == "--save") s.save = value;
    else if (name == "--epochs") s.epochs = options::number(name, value, 1, 10000);
    else if (name == "--batch") s.batch = options::number(name, value, 1, 100000);
    else if (name == "--workers") s.workers = options::number(name, value, 0, 64);
    else if (name == "--losses") s.losses = options::number(name, value, 1, 1000000);
    else if (name == "--lr") s.lr = options::number(name, value, 0.0, 1000.0);
    else if (name == "--dropout") s.dropout = options::number(name, value, 0.0, 1.0);
    else if (name == "--device") s.device = options::choice(name, value, "cpu", "gpu") == 1 ? ts::device::gpu() : ts::device::cpu();
    else if (name == "--seed") s.seed = options::number(name, value, std::uint64_t{0}, ~std::uint64_t{0});
    else return false;
    return true;
  });
  return s;
}

/// The share of a dataset that the model names rightly.
double accuracy(simple_net& model, auto& batches) {
  const ts::no_grad guard;
  ts::nn::eval(model);
  ts::extent right = 0, all = 0;
  for (auto&& [images, labels] : batches) {
    const auto predicted = ts::argmax(model(images), ts::axis<1>);
    right += ts::sum(predicted == labels).item();
    all += labels.size();
  }
  ts::nn::train(model);
  return static_cast<double>(right) / static_cast<double>(all);
}

int run(const settings& s) {
  auto [training, validation] = digits::load(s.data);
  digits::normalize(training);
  digits::normalize(validation);
  const ts::extent known = training.labels.size();
  ts::manual_seed(s.seed);
  simple_net model;
  model.drop.p = s.dropout;
  to(model, s.device);
  ts::optim::adam optimizer{model, {.lr = s.lr}};
  ts::data::loader train{ts::data::tensor_dataset{training.images, training.labels}, {.batch_size = s.batch, .shuffle = true, .workers = s.workers, .device = s.device}};
  ts::data::loader valid{ts::data::tensor_dataset{validation.images, validation.labels}, {.batch_size = 500, .device = s.device}};
  std::printf("%lld samples to train on, %lld to validate, %lld parameters\n", static_cast<long long>(known),
              static_cast<long long>(validation.labels.size()), static_cast<long long>(ts::nn::parameter_count(model)));

  double best = 0;
  for (int epoch = 1, step = 0; epoch <= s.epochs; ++epoch) {
    double total = 0;
    for (auto&& [images, labels] : ts::progress(train, "epoch " + std::to_string(epoch), {.enabled = s.losses == 0})) {
      optimizer.zero_grad();
      auto loss = ts::nn::cross_entropy(model(images), labels);
      loss.backward();
      optimizer.step();
      total += static_cast<double>(loss.item());
      if (s.losses > 0) {
        std::printf("%.9g\n", static_cast<double>(loss.item()));
        if (++step == s.losses) return 0;
      }
    }
    best = accuracy(model, valid);
    std::printf("epoch %d: loss %.4f, validation accuracy %.2f %%\n", epoch, total / static_cast<double>(train.size()), 100 * best);
  }

  ts::save(model, s.save);
  const ts::nn::skip_init guard;  // what is loaded needs no random numbers first
  simple_net loaded;
  ts::load(loaded, s.save);
  to(loaded, s.device);
  const double again = accuracy(loaded, valid);
  std::printf("saved to %s and loaded again: %.2f %%\n", s.save.c_str(), 100 * again);
  ts::nn::eval(loaded);
  const ts::no_grad frozen;
  for (ts::extent i = 0; i < 3; ++i) {
    const ts::tensor<float, ts::shape<ts::dyn, 784>> image(ts::shape<ts::dyn, 784>{1}, {validation.images.data() + i * 784, 784});
    const auto [probability, digit] = ts::max(ts::softmax(loaded(to(image, s.device)), ts::axis<1>), ts::axis<1>);
    std::printf("%sthis is a %d, with probability %.2f (it is a %d)\n", digits::draw(image.data()).c_str(), static_cast<int>(digit(0)),
                static_cast<double>(probability(0)), static_cast<int>(validation.labels(i)));
  }
  if (again == best && best > 0.8) return 0;
  std::fprintf(stderr, "04_training_loop: the network has not learned\n");
  return 1;
}

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "--help") return std::fputs(help, stdout), 0;
    return run(read(argc, argv));
  } catch (const options::error& e) {
    std::fprintf(stderr, "04_training_loop: %s\n%s", e.what(), help);
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "04_training_loop: %s\n", e.what());
    return 1;
  }
}
