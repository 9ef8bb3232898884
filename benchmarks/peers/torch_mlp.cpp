// SPDX-License-Identifier: BSL-1.0
// The fully connected network of the comparison on LibTorch.

#include <peers/mlp.hpp>

#include <peers/torch_trainer.hpp>

namespace {

struct network : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(peers::inputs, peers::hidden));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(peers::hidden, peers::hidden));
  torch::nn::Linear fc3 = register_module("fc3", torch::nn::Linear(peers::hidden, peers::classes));

  static torch::Tensor images(torch::Tensor rows) { return rows; }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(fc1(x));
    x = torch::relu(fc2(x));
    return fc3(x);
  }
};

}  // namespace

int main(int argc, char** argv) { return peers::serve_torch<network>(argc, argv); }
