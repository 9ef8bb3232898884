// SPDX-License-Identifier: BSL-1.0
// The convolutional network of the comparison on LibTorch.

#include <peers/cnn.hpp>

#include <peers/torch_trainer.hpp>

namespace {

struct network : torch::nn::Module {
  static torch::nn::Conv2d convolution(int in, int out) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1)); }
  torch::nn::Conv2d conv1 = register_module("conv1", convolution(1, peers::first_channels));
  torch::nn::Conv2d conv2 = register_module("conv2", convolution(peers::first_channels, peers::second_channels));
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(peers::features, peers::hidden));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(peers::hidden, peers::classes));

  static torch::Tensor images(const torch::Tensor& rows) { return rows.view({-1, 1, peers::side, peers::side}); }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::max_pool2d(torch::relu(conv1(x)), 2);
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    return fc2(torch::relu(fc1(x.flatten(1))));
  }
};

}  // namespace

int main(int argc, char** argv) { return peers::serve_torch<network>(argc, argv); }
