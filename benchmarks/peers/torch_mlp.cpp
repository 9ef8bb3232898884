// SPDX-License-Identifier: BSL-1.0
// The network of the comparison on LibTorch. With the argument "fused", PyTorch's own fused kernel for Adam takes the place of
// torch::optim::Adam, which has no such option in C++.

#include <peers/mlp.hpp>

#include <torch/torch.h>

#include <string_view>

namespace {

bool fused = false;

struct network : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(peers::inputs, peers::hidden));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(peers::hidden, peers::hidden));
  torch::nn::Linear fc3 = register_module("fc3", torch::nn::Linear(peers::hidden, peers::classes));

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(fc1(x));
    x = torch::relu(fc2(x));
    return fc3(x);
  }
};

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
    at::_fused_adam_(parameters_, gradients, first_, second_, {}, steps_, peers::learning_rate, 0.9, 0.999, 0, 1e-8, false, false);
  }

 private:
  std::vector<torch::Tensor> parameters_, first_, second_, steps_;
};

template <int Batch>
class trainer {
 public:
  trainer() {
    const torch::NoGradGuard guard;
    peers::for_each_layer([&](int layer, int out, int in, auto& weight, auto& bias) {
      torch::nn::Linear& to = layer == 0 ? model_.fc1 : layer == 1 ? model_.fc2 : model_.fc3;
      to->weight.copy_(torch::from_blob(weight.data(), {out, in}));
      to->bias.copy_(torch::from_blob(bias.data(), {out}));
    });
    for (int i = 0; i < peers::samples / Batch; ++i) {
      std::vector<float> x = peers::images_of(Batch, i);
      std::vector<std::int64_t> y = peers::labels_of(Batch, i);
      x_.push_back(torch::from_blob(x.data(), {Batch, peers::inputs}).clone());
      y_.push_back(torch::from_blob(y.data(), {Batch}, torch::kInt64).clone());
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

  network model_;
  torch::optim::Adam plain_{model_.parameters(), torch::optim::AdamOptions(peers::learning_rate)};
  fused_adam fused_{model_.parameters()};
  std::vector<torch::Tensor> x_, y_;
  torch::Tensor loss_, outputs_;
};

}  // namespace

int main(int argc, char** argv) {
  fused = argc > 1 && std::string_view(argv[1]) == "fused";
  torch::set_num_threads(1);
  return peers::serve<trainer>();
}
