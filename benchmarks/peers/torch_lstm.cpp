// SPDX-License-Identifier: BSL-1.0
// The recurrent network of the comparison on LibTorch.

#include <peers/lstm.hpp>

#include <torch/torch.h>

namespace sizes = peers::recurrent;

namespace {

torch::Tensor sequences(int width, std::uint32_t start) {
  return torch::from_blob(peers::sequences(width, start).data(), {sizes::steps, sizes::batch, width}).clone();
}

class trainer {
 public:
  trainer() {
    const torch::NoGradGuard guard;
    peers::for_each_recurrent_parameter([&, all = model_->parameters(), next = std::size_t{0}](std::vector<float>& values) mutable {
      all[next].copy_(torch::from_blob(values.data(), all[next].sizes()));
      ++next;
    });
  }

  void step() {
    optimizer_.zero_grad();
    const torch::Tensor y = std::get<0>(model_->forward(x_));
    loss_ = torch::mse_loss(y, target_);
    loss_.backward();
  }
  void descend() { optimizer_.step(); }
  [[nodiscard]] float loss() const { return loss_.item<float>(); }

  void infer() {
    const c10::InferenceMode guard;
    y_ = std::get<0>(model_->forward(x_));
  }
  [[nodiscard]] float output(int i) const { return y_.flatten()[i].item<float>(); }

 private:
  torch::nn::LSTM model_{torch::nn::LSTMOptions(sizes::features, sizes::cells).num_layers(sizes::layers)};
  torch::optim::SGD optimizer_{model_->parameters(), torch::optim::SGDOptions(sizes::rate)};
  torch::Tensor x_ = sequences(sizes::features, 1U << 20), target_ = sequences(sizes::cells, 1U << 24), y_, loss_;
};

}  // namespace

int main() { return peers::serve_recurrent<trainer>(); }
