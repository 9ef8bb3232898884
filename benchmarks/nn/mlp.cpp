// SPDX-License-Identifier: BSL-1.0
// The network of the comparison, written as a user of tessera writes it.

#include <peers/mlp.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/adam.hpp>

namespace ts = tessera;

namespace {

struct network {
  ts::nn::linear<peers::inputs, peers::hidden> fc1;
  ts::nn::linear<peers::hidden, peers::hidden> fc2;
  ts::nn::linear<peers::hidden, peers::classes> fc3;

  auto operator()(const auto& x) const {
    auto h1 = ts::relu(fc1(x));
    auto h2 = ts::relu(fc2(h1));
    return fc3(h2);
  }
};

using images = ts::tensor<float, ts::shape<ts::dyn, peers::inputs>>;
using labels = ts::tensor<std::int64_t, ts::shape<ts::dyn>>;
using number = ts::variable<float, ts::shape<>>;
using logits = ts::variable<float, ts::shape<ts::dyn, peers::classes>>;

void start(auto& layer, const std::vector<float>& weight, const std::vector<float>& bias) {
  std::copy(weight.begin(), weight.end(), layer.weight.mutable_span().begin());
  std::copy(bias.begin(), bias.end(), layer.bias.mutable_span().begin());
}

template <int Batch>
class trainer {
 public:
  trainer() {
    peers::for_each_layer([&](int layer, int, int, const auto& weight, const auto& bias) {
      if (layer == 0) start(model_.fc1, weight, bias);
      else if (layer == 1) start(model_.fc2, weight, bias);
      else start(model_.fc3, weight, bias);
    });
    for (int i = 0; i < peers::samples / Batch; ++i) {
      x_.emplace_back(ts::shape<ts::dyn, peers::inputs>{Batch}, peers::images_of(Batch, i));
      y_.emplace_back(ts::shape<ts::dyn>{Batch}, peers::labels_of(Batch, i));
    }
  }

  void step(int i) {
    const auto at = static_cast<std::size_t>(i);
    optimizer_.zero_grad();
    loss_ = ts::nn::cross_entropy(model_(x_[at]), y_[at]);
    loss_.backward();
    optimizer_.step();
  }
  [[nodiscard]] float loss() const { return loss_.item(); }

  void infer(int i) {
    const ts::no_grad guard;
    outputs_ = model_(x_[static_cast<std::size_t>(i)]);
  }
  [[nodiscard]] float output(int c) const { return outputs_(0, c); }

 private:
  network model_;
  ts::optim::adam optimizer_{model_, {.lr = peers::learning_rate}};
  std::vector<images> x_;
  std::vector<labels> y_;
  number loss_ = 0.f;
  logits outputs_ = ts::tensor<float, ts::shape<ts::dyn, peers::classes>>(ts::shape<ts::dyn, peers::classes>{1}, 0.f);
};

}  // namespace

int main() {
  ts::set_num_threads(1);
  return peers::serve<trainer>();
}
