// SPDX-License-Identifier: BSL-1.0
// examples/04_training_loop.cpp written on LibTorch.

#include <torch/torch.h>

#include <cstdio>

#include "digits.hpp"
#include "settings.hpp"

struct simple_net_impl : torch::nn::Module {
  explicit simple_net_impl(double p) : drop(register_module("drop", torch::nn::Dropout(p))) {}

  torch::Tensor forward(torch::Tensor x) {
    x = drop(torch::relu(fc1(x)));
    x = drop(torch::relu(fc2(x)));
    return fc3(x);
  }

  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(784, 128));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(128, 128));
  torch::nn::Linear fc3 = register_module("fc3", torch::nn::Linear(128, 10));
  torch::nn::Dropout drop;
};
using simple_net = torch::nn::ModuleHolder<simple_net_impl>;

struct dataset : torch::data::datasets::Dataset<dataset> {
  torch::Tensor images, labels;

  explicit dataset(const digits::plain_samples& s)
      : images(torch::tensor(s.images).view({-1, 784})), labels(torch::tensor(s.labels)) {}
  torch::data::Example<> get(std::size_t i) override { return {images[static_cast<std::int64_t>(i)], labels[static_cast<std::int64_t>(i)]}; }
  torch::optional<std::size_t> size() const override { return images.size(0); }
};

double accuracy(simple_net& model, auto& batches) {
  const torch::NoGradGuard guard;
  model->eval();
  std::int64_t right = 0, all = 0;
  for (auto& batch : batches) {
    right += (model(batch.data).argmax(1) == batch.target).sum().template item<std::int64_t>();
    all += batch.target.size(0);
  }
  model->train();
  return static_cast<double>(right) / static_cast<double>(all);
}

int run(const settings& s) {
  const auto [training, validation] = digits::load_plain(s.data);
  torch::manual_seed(s.seed);
  simple_net model(s.dropout);
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(s.lr));
  using torch::data::transforms::Stack;
  auto train = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(dataset(training).map(Stack<>()), static_cast<std::size_t>(s.batch));
  auto valid = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(dataset(validation).map(Stack<>()), 500);

  double best = 0;
  for (int epoch = 1, step = 0; epoch <= s.epochs; ++epoch) {
    double total = 0;
    int steps = 0;
    for (auto& batch : *train) {
      optimizer.zero_grad();
      auto loss = torch::nn::functional::cross_entropy(model(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      total += loss.item<double>();
      ++steps;
      if (s.losses > 0) {
        std::printf("%.9g\n", loss.item<double>());
        if (++step == s.losses) return 0;
      }
    }
    best = accuracy(model, *valid);
    std::printf("epoch %d: loss %.4f, validation accuracy %.2f %%\n", epoch, total / steps, 100 * best);
  }

  torch::save(model, s.save);
  simple_net loaded(s.dropout);
  torch::load(loaded, s.save);
  const double again = accuracy(loaded, *valid);
  std::printf("saved to %s and loaded again: %.2f %%\n", s.save.c_str(), 100 * again);
  loaded->eval();
  const torch::NoGradGuard frozen;
  for (std::size_t i = 0; i < 3; ++i) {
    const float* image = validation.images.data() + i * 784;
    const auto [probability, digit] = torch::softmax(loaded(torch::from_blob(const_cast<float*>(image), {1, 784})), 1).max(1);
    std::printf("%sthis is a %d, with probability %.2f (it is a %d)\n", digits::draw(image).c_str(), digit.item<int>(), probability.item<double>(),
                static_cast<int>(validation.labels[i]));
  }
  return again == best && best > 0.8 ? 0 : 1;
}

int main(int argc, char** argv) {
  try {
    return run(read(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
