// SPDX-License-Identifier: BSL-1.0
#pragma once
// A network as peers::serve wants it: trained with Adam and asked for outputs, written as a user of tessera writes it.

#include <peers/serve.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/adam.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

/// Copies the numbers that training starts from into a layer.
void start(auto& layer, const std::vector<float>& weight, const std::vector<float>& bias) {
  std::copy(weight.begin(), weight.end(), layer.weight.mutable_span().begin());
  std::copy(bias.begin(), bias.end(), layer.bias.mutable_span().begin());
}

/// Network: a model with start(), which gives it its first numbers. Images: the shape of a batch, of unknown size.
template <class Network, class Images>
class trainer {
 public:
  explicit trainer(int batch) {
    model_.start();
    for (int i = 0; i < peers::samples / batch; ++i) {
      x_.emplace_back(Images{batch}, peers::images_of(batch, i));
      y_.emplace_back(tessera::shape<tessera::dyn>{batch}, peers::labels_of(batch, i));
    }
  }

  void step(int i) {
    const auto at = static_cast<std::size_t>(i);
    optimizer_.zero_grad();
    loss_ = tessera::nn::cross_entropy(model_(x_[at]), y_[at]);
    loss_.backward();
    optimizer_.step();
  }
  [[nodiscard]] float loss() const { return loss_.item(); }

  void infer(int i) {
    const tessera::no_grad guard;
    outputs_ = model_(x_[static_cast<std::size_t>(i)]);
  }
  [[nodiscard]] float output(int c) const { return outputs_(0, c); }

 private:
  using output_shape = tessera::shape<tessera::dyn, peers::classes>;

  Network model_;
  tessera::optim::adam optimizer_{model_, {.lr = peers::learning_rate}};
  std::vector<tessera::tensor<float, Images>> x_;
  std::vector<tessera::tensor<std::int64_t, tessera::shape<tessera::dyn>>> y_;
  tessera::variable<float, tessera::shape<>> loss_ = 0.f;
  tessera::variable<float, output_shape> outputs_ = tessera::tensor<float, output_shape>(output_shape{1}, 0.f);
};
