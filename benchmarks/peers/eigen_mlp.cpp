// SPDX-License-Identifier: BSL-1.0
// The network of the comparison by hand on Eigen: explicit forward and backward, buffers made once, Adam in one loop.

#include <peers/mlp.hpp>

#include <Eigen/Core>

#include <algorithm>

namespace {

template <int Rows, int Columns>
using matrix = Eigen::Map<Eigen::Matrix<float, Rows, Columns, Eigen::RowMajor>, Eigen::Aligned64>;
template <int Size>
using row = Eigen::Map<Eigen::Matrix<float, 1, Size>, Eigen::Aligned64>;
using buffer = std::vector<float, Eigen::aligned_allocator<float>>;

/// Where each parameter starts in one flat buffer; all starts are multiples of 16.
constexpr int w1 = 0, b1 = w1 + peers::hidden * peers::inputs, w2 = b1 + peers::hidden, b2 = w2 + peers::hidden * peers::hidden,
              w3 = b2 + peers::hidden, b3 = w3 + peers::classes * peers::hidden, parameter_count = b3 + peers::classes;

// Values or gradients of every layer.
struct layers {
  explicit layers(float* p) : weight1(p + w1), bias1(p + b1), weight2(p + w2), bias2(p + b2), weight3(p + w3), bias3(p + b3) {}
  matrix<peers::hidden, peers::inputs> weight1;
  row<peers::hidden> bias1;
  matrix<peers::hidden, peers::hidden> weight2;
  row<peers::hidden> bias2;
  matrix<peers::classes, peers::hidden> weight3;
  row<peers::classes> bias3;
};

// In pieces that stay in the nearest cache, on Eigen's registers: vectorised whatever the flags say about errno.
void adam(float* p, const float* g, float* m, float* v, float rate, float root) {
  using array = Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>;
  constexpr int piece = 1024;
  for (int i = 0; i < parameter_count; i += piece) {
    const int count = std::min(piece, parameter_count - i);
    const Eigen::Map<const Eigen::ArrayXf, Eigen::Aligned64> gradient(g + i, count);
    array value(p + i, count), first(m + i, count), second(v + i, count);
    first += (1 - peers::beta1) * (gradient - first);
    second = peers::beta2 * second + (1 - peers::beta2) * gradient.square();
    value -= rate * first / (second.sqrt() * root + peers::epsilon);
  }
}

/// Of batches whose size is known to the compiler, or Eigen::Dynamic.
template <int Batch>
class trainer {
 public:
  explicit trainer(int batch) : batch_(batch) {
    float* to = values_.data();
    peers::for_each_layer([&](int, int, int, const auto& weight, const auto& bias) {
      to = std::copy(weight.begin(), weight.end(), to);
      to = std::copy(bias.begin(), bias.end(), to);
    });
    for (int i = 0; i < peers::samples / batch; ++i) {
      const std::vector<float> x = peers::images_of(batch, i);
      x_.emplace_back(x.begin(), x.end());
      y_.push_back(peers::labels_of(batch, i));
    }
  }

  void step(int i) {
    infer(i);
    const std::int64_t* labels = y_[static_cast<std::size_t>(i)].data();
    loss_ = 0;
    for (int r = 0; r < batch_; ++r) {
      const float top = outputs_.row(r).maxCoeff();
      auto g = gradient3_.row(r);
      g = (outputs_.row(r).array() - top).exp();
      const float total = g.sum();
      loss_ += top + std::log(total) - outputs_(r, labels[r]);
      g *= 1 / (total * static_cast<float>(batch_));
      g(labels[r]) -= 1.f / static_cast<float>(batch_);
    }
    loss_ /= static_cast<float>(batch_);
    back_.weight3.noalias() = gradient3_.transpose() * hidden2_;
    back_.bias3 = gradient3_.colwise().sum();
    gradient2_.noalias() = gradient3_ * net_.weight3;
    gradient2_ = (hidden2_.array() > 0).select(gradient2_, 0.f);
    back_.weight2.noalias() = gradient2_.transpose() * hidden1_;
    back_.bias2 = gradient2_.colwise().sum();
    gradient1_.noalias() = gradient2_ * net_.weight2;
    gradient1_ = (hidden1_.array() > 0).select(gradient1_, 0.f);
    back_.weight1.noalias() = gradient1_.transpose() * images(i);
    back_.bias1 = gradient1_.colwise().sum();

    ++steps_;
    const double rate = peers::learning_rate / (1 - std::pow(0.9, steps_)), root = 1 / std::sqrt(1 - std::pow(0.999, steps_));
    adam(values_.data(), gradients_.data(), first_.data(), second_.data(), static_cast<float>(rate), static_cast<float>(root));
  }
  [[nodiscard]] float loss() const { return loss_; }

  void infer(int i) {
    const auto x = images(i);
    hidden1_.noalias() = x * net_.weight1.transpose();
    hidden1_ = (hidden1_.rowwise() + net_.bias1).cwiseMax(0.f);
    hidden2_.noalias() = hidden1_ * net_.weight2.transpose();
    hidden2_ = (hidden2_.rowwise() + net_.bias2).cwiseMax(0.f);
    outputs_.noalias() = hidden2_ * net_.weight3.transpose();
    outputs_.rowwise() += net_.bias3;
  }
  [[nodiscard]] float output(int c) const { return outputs_(0, c); }

 private:
  [[nodiscard]] matrix<Batch, peers::inputs> images(int i) { return {x_[static_cast<std::size_t>(i)].data(), batch_, peers::inputs}; }
  template <int Columns>
  using rows = Eigen::Matrix<float, Batch, Columns, Eigen::RowMajor>;

  buffer values_ = buffer(parameter_count), gradients_ = buffer(parameter_count), first_ = buffer(parameter_count), second_ = buffer(parameter_count);
  layers net_{values_.data()}, back_{gradients_.data()};
  std::vector<buffer> x_;
  std::vector<std::vector<std::int64_t>> y_;
  int batch_;
  rows<peers::hidden> hidden1_{batch_, peers::hidden}, hidden2_ = hidden1_, gradient1_ = hidden1_, gradient2_ = hidden1_;
  rows<peers::classes> outputs_{batch_, peers::classes}, gradient3_ = outputs_;
  float loss_ = 0;
  int steps_ = 0;
};

}  // namespace

int main() {
  return peers::serve([](const std::string& command, int batch, int steps) {
    if (batch == 64) peers::answer<trainer<64>>(command, batch, steps);
    else if (batch == 1) peers::answer<trainer<1>>(command, batch, steps);
    else peers::answer<trainer<Eigen::Dynamic>>(command, batch, steps);
  });
}
