// SPDX-License-Identifier: BSL-1.0
// examples/04_training_loop.cpp written by hand on Eigen.

#include <Eigen/Core>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <random>

#include "digits.hpp"
#include "settings.hpp"

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using row = Eigen::RowVectorXf;
using random_engine = std::mt19937;

template <class M>
struct parameter {
  M value, gradient, first, second;

  void step(float rate, float root) {
    first += 0.1f * (gradient - first);
    second = 0.999f * second + 0.001f * gradient.cwiseAbs2();
    value.array() -= rate * first.array() / (second.array().sqrt() / root + 1e-8f);
  }
};

struct linear {
  parameter<matrix> weight;
  parameter<row> bias;

  linear(int in, int out, random_engine& random) {
    std::uniform_real_distribution<float> uniform(-1 / std::sqrt(static_cast<float>(in)), 1 / std::sqrt(static_cast<float>(in)));
    weight.value = matrix::NullaryExpr(out, in, [&] { return uniform(random); });
    bias.value = row::NullaryExpr(out, [&] { return uniform(random); });
    weight.first = weight.second = matrix::Zero(out, in);
    bias.first = bias.second = row::Zero(out);
  }
  matrix operator()(const matrix& x) const {
    matrix y(x.rows(), bias.value.size());
    y.noalias() = x * weight.value.transpose();
    y.rowwise() += bias.value;
    return y;
  }
  matrix backward(const matrix& x, const matrix& g) {
    weight.gradient.noalias() = g.transpose() * x;
    bias.gradient = g.colwise().sum();
    return g * weight.value;
  }
};

struct simple_net {
  linear fc1, fc2, fc3;
  float dropout;
  matrix h1, h2, mask1, mask2;
  int steps = 0;

  simple_net(double p, random_engine& random) : fc1(784, 128, random), fc2(128, 128, random), fc3(128, 10, random), dropout(static_cast<float>(p)) {}

  void drop(matrix& h, matrix& mask, random_engine& random) const {
    std::bernoulli_distribution stays(1 - static_cast<double>(dropout));
    mask = matrix::NullaryExpr(h.rows(), h.cols(), [&] { return stays(random) ? 1 / (1 - dropout) : 0.f; });
    mask = (h.array() > 0).select(mask, 0.f);
    h = h.cwiseProduct(mask);
  }
  matrix operator()(const matrix& x) const { return fc3(fc2(fc1(x).cwiseMax(0.f)).cwiseMax(0.f)); }
  matrix forward(const matrix& x, random_engine& random) {
    h1 = fc1(x);
    drop(h1, mask1, random);
    h2 = fc2(h1);
    drop(h2, mask2, random);
    return fc3(h2);
  }
  void backward(const matrix& x, const matrix& g) {
    const matrix g2 = fc3.backward(h2, g).cwiseProduct(mask2);
    const matrix g1 = fc2.backward(h1, g2).cwiseProduct(mask1);
    fc1.weight.gradient.noalias() = g1.transpose() * x;
    fc1.bias.gradient = g1.colwise().sum();
  }
  void for_each(auto visit) {
    for (linear* l : {&fc1, &fc2, &fc3}) {
      visit(l->weight);
      visit(l->bias);
    }
  }
  void step(double lr) {
    ++steps;
    const double rate = lr / (1 - std::pow(0.9, steps)), root = std::sqrt(1 - std::pow(0.999, steps));
    for_each([&](auto& p) { p.step(static_cast<float>(rate), static_cast<float>(root)); });
  }
  void save(const std::string& name) {
    std::ofstream file(name, std::ios::binary);
    for_each([&](auto& p) { file.write(reinterpret_cast<const char*>(p.value.data()), p.value.size() * 4); });
    if (!file) throw std::runtime_error(name + ": cannot be written");
  }
  void load(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    for_each([&](auto& p) { file.read(reinterpret_cast<char*>(p.value.data()), p.value.size() * 4); });
    if (!file) throw std::runtime_error(name + ": cannot be read");
  }
};

/// The mean loss, and its gradient in place of the logits.
double cross_entropy(matrix& logits, const std::vector<std::int64_t>& labels) {
  double loss = 0;
  const float share = 1 / static_cast<float>(logits.rows());
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    const auto label = labels[static_cast<std::size_t>(i)];
    const float top = logits.row(i).maxCoeff(), wanted = logits(i, label);
    logits.row(i) = (logits.row(i).array() - top).exp();
    const float total = logits.row(i).sum();
    loss += top + std::log(total) - wanted;
    logits.row(i) *= share / total;
    logits(i, label) -= share;
  }
  return loss * static_cast<double>(share);
}

double accuracy(const simple_net& model, const digits::plain_samples& s) {
  const auto count = static_cast<Eigen::Index>(s.labels.size());
  int right = 0;
  for (Eigen::Index from = 0; from < count; from += 500) {
    const matrix logits = model(Eigen::Map<const matrix>(s.images.data() + from * 784, std::min<Eigen::Index>(500, count - from), 784));
    for (Eigen::Index i = 0; i < logits.rows(); ++i) {
      Eigen::Index best = 0;
      logits.row(i).maxCoeff(&best);
      right += best == s.labels[static_cast<std::size_t>(from + i)];
    }
  }
  return static_cast<double>(right) / static_cast<double>(count);
}

int run(const settings& s) {
  const auto [training, validation] = digits::load_plain(s.data);
  random_engine random(static_cast<random_engine::result_type>(s.seed));
  simple_net model(s.dropout, random);
  std::vector<std::size_t> order(training.labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});

  double best = 0;
  for (int epoch = 1, step = 0; epoch <= s.epochs; ++epoch) {
    double total = 0;
    int steps = 0;
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t from = 0; from < order.size(); from += static_cast<std::size_t>(s.batch), ++steps) {
      const std::size_t size = std::min(static_cast<std::size_t>(s.batch), order.size() - from);
      matrix images(size, 784);
      std::vector<std::int64_t> labels(size);
      for (std::size_t i = 0; i < size; ++i) {
        images.row(static_cast<Eigen::Index>(i)) = Eigen::Map<const row>(training.images.data() + order[from + i] * 784, 784);
        labels[i] = training.labels[order[from + i]];
      }
      matrix gradient = model.forward(images, random);
      const double loss = cross_entropy(gradient, labels);
      model.backward(images, gradient);
      model.step(s.lr);
      total += loss;
      if (s.losses > 0) {
        std::printf("%.9g\n", loss);
        if (++step == s.losses) return 0;
      }
    }
    best = accuracy(model, validation);
    std::printf("epoch %d: loss %.4f, validation accuracy %.2f %%\n", epoch, total / steps, 100 * best);
  }

  model.save(s.save);
  simple_net loaded(s.dropout, random);
  loaded.load(s.save);
  const double again = accuracy(loaded, validation);
  std::printf("saved to %s and loaded again: %.2f %%\n", s.save.c_str(), 100 * again);
  for (int i = 0; i < 3; ++i) {
    const float* image = validation.images.data() + i * 784;
    const row logits = loaded(Eigen::Map<const matrix>(image, 1, 784));
    Eigen::Index digit = 0;
    const float top = logits.maxCoeff(&digit);
    std::printf("%sthis is a %d, with probability %.2f (it is a %d)\n", digits::draw(image).c_str(), static_cast<int>(digit),
                static_cast<double>(1 / (logits.array() - top).exp().sum()), static_cast<int>(validation.labels[static_cast<std::size_t>(i)]));
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
