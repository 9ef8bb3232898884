// SPDX-License-Identifier: BSL-1.0
// The recurrent network of the comparison, written as a user of tessera writes it.

#include <peers/lstm.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/sgd.hpp>

namespace ts = tessera;
namespace sizes = peers::recurrent;

namespace {

using network = ts::nn::lstm<sizes::features, sizes::cells, ts::nn::layers<sizes::layers>>;
using inputs = ts::shape<sizes::steps, ts::dyn, sizes::features>;
using outputs = ts::shape<sizes::steps, ts::dyn, sizes::cells>;

class trainer {
 public:
  trainer() {
    peers::for_each_recurrent_parameter([&, all = ts::nn::parameters(model_), next = std::size_t{0}](const std::vector<float>& values) mutable {
      std::copy(values.begin(), values.end(), static_cast<float*>(all[next++].node().value.data()));
    });
  }

  void step() {
    optimizer_.zero_grad();
    const auto [y, state] = model_(x_);
    loss_ = ts::nn::mse_loss(y, target_);
    loss_.backward();
  }
  void descend() { optimizer_.step(); }
  [[nodiscard]] float loss() const { return loss_.item(); }

  void infer() {
    const ts::no_grad guard;
    y_ = model_(x_).output;
  }
  [[nodiscard]] float output(int i) const { return y_.data()[i]; }

 private:
  network model_;
  ts::optim::sgd optimizer_{model_, {.lr = sizes::rate}};
  ts::tensor<float, inputs> x_{inputs{sizes::batch}, peers::sequences(sizes::features, 1U << 20)};
  ts::tensor<float, outputs> target_{outputs{sizes::batch}, peers::sequences(sizes::cells, 1U << 24)};
  ts::variable<float, outputs> y_ = target_;
  ts::variable<float, ts::shape<>> loss_ = 0.f;
};

}  // namespace

int main() { return peers::serve_recurrent<trainer>(); }
