// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the networks of the comparison share on LibTorch. With the argument "fused", PyTorch's own fused kernel for Adam takes the
// place of torch::optim::Adam, which has no such option in C++. Included behind the header that has for_each_layer.

#include <torch/torch.h>

#include <string_view>

namespace peers {

inline bool fused = false;

/// Adam as one kernel over all parameters.
class fused_adam {
 public:
  explicit fused_adam(std::vector<torch::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const torch::Tensor& p : parameters_) {
      first_.push_back(torch::zeros_like(p));
      second_.push_back(torch::zeros_like(p));
      steps_.push_back(torch::zeros({}));
    }
  }
  void zero_grad() {
    for (torch::Tensor& p : parameters_) p.mutable_grad().reset();
  }
  void step() {
    const torch::NoGradGuard guard;
    std::vector<torch::Tensor> gradients;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      gradients.push_back(parameters_[i].grad());
      steps_[i] += 1;
    }
    at::_fused_adam_(parameters_, gradients, first_, second_, {}, steps_, learning_rate, 0.9, 0.999, 0, 1e-8, false, false);
  }

 private:
  std::vector<torch::Tensor> parameters_, first_, second_, steps_;
};

/// Network: a module whose parameters are the weight and the bias of each layer in turn, and images(rows), which gives a batch its shape.
template <class Network>
class trainer {
 public:
  explicit trainer(int batch) {
    const torch::NoGradGuard guard;
    for_each_layer([&, all = model_.parameters()](int layer, int, int, auto& weight, auto& bias) {
      torch::Tensor to[] = {all[static_cast<std::size_t>(2 * layer)], all[static_cast<std::size_t>(2 * layer + 1)]};
      to[0].copy_(torch::from_blob(weight.data(), to[0].sizes()));
      to[1].copy_(torch::from_blob(bias.data(), to[1].sizes()));
    });
    for (int i = 0; i < samples / batch; ++i) {
      std::vector<float> x = images_of(batch, i);
      std::vector<std::int64_t> y = labels_of(batch, i);
      x_.push_back(Network::images(torch::from_blob(x.data(), {batch, inputs}).clone()));
      y_.push_back(torch::from_blob(y.data(), {batch}, torch::kInt64).clone());
    }
  }

  void step(int i) {
    if (fused) step(i, fused_);
    else step(i, plain_);
  }
  [[nodiscard]] float loss() const { return loss_.item<float>(); }

  void infer(int i) {
    const c10::InferenceMode guard;
    outputs_ = model_.forward(x_[static_cast<std::size_t>(i)]);
  }
  [[nodiscard]] float output(int c) const { return outputs_[0][c].item<float>(); }

 private:
  void step(int i, auto& optimizer) {
    const auto at = static_cast<std::size_t>(i);
    optimizer.zero_grad();
    loss_ = torch::cross_entropy_loss(model_.forward(x_[at]), y_[at]);
    loss_.backward();
    optimizer.step();
  }

  Network model_;
  torch::optim::Adam plain_{model_.parameters(), torch::optim::AdamOptions(learning_rate)};
  fused_adam fused_{model_.parameters()};
  std::vector<torch::Tensor> x_, y_;
  torch::Tensor loss_, outputs_;
};

template <class Network>
int serve_torch(int argc, char** argv) {
  fused = argc > 1 && std::string_view(argv[1]) == "fused";
  return serve<trainer<Network>>();
}

}  // namespace peers
