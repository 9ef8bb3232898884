// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/sgd.hpp>

using namespace tessera;
using namespace tessera::tests;

namespace {

struct inner {
  nn::linear<2, 2> first;
  nn::dropout drop{0.3};
};
struct owner {
  nn::linear<3, 2> head;
  nn::linear<2, 2> rows[2];
  std::array<inner, 2> blocks;
  std::vector<nn::linear<dyn, dyn>> more;
  std::unique_ptr<nn::linear<1, 1>> perhaps;
  std::optional<inner> none;
  std::string label = "owner";
  double factor = 0.5;
};
class closed {
 public:
  explicit closed(extent n) : layer_{n, 2} {}
  void fields(auto visit) { visit("layer", layer_); }

 private:
  nn::linear<dyn, dyn> layer_;
};
struct net {
  nn::linear<3, 2> fc1;
  nn::linear<2, 1> fc2;
  auto operator()(const auto& x) const { return fc2(relu(fc1(x))); }
};

}  // namespace

TEST_CASE("a model is any struct: its parameters are found by name") {
  owner m;
  m.more.emplace_back(4, 1);
  m.perhaps = std::make_unique<nn::linear<1, 1>>();
  CHECK(parameter_names(m) == std::vector<std::string>{"head.weight", "head.bias", "rows.0.weight", "rows.0.bias", "rows.1.weight", "rows.1.bias", "blocks.0.first.weight",
                                             "blocks.0.first.bias", "blocks.1.first.weight", "blocks.1.first.bias", "more.0.weight", "more.0.bias", "perhaps.weight", "perhaps.bias"});
  closed c(5);
  CHECK(parameter_names(c) == std::vector<std::string>{"layer.weight", "layer.bias"});
  nn::sequential s{nn::linear<3, 4>{}, nn::relu{}, nn::linear<4, 2, nn::no_bias>{}};
  CHECK(parameter_names(s) == std::vector<std::string>{"0.weight", "0.bias", "2.weight"});
  CHECK(nn::parameter_count(s) == 3 * 4 + 4 + 4 * 2);
}

TEST_CASE("train and eval set every flag") {
  owner m;
  nn::eval(m);
  CHECK_FALSE(m.blocks[0].drop.training.on);
  CHECK_FALSE(m.blocks[1].drop.training.on);
  nn::train(m);
  CHECK(m.blocks[1].drop.training.on);
}

TEST_CASE("copying a model gives an independent model") {
  net a;
  net b = a;
  CHECK(b.fc1.weight(0, 0) == a.fc1.weight(0, 0));
  b.fc1.weight.mutable_span()[0] += 1;
  CHECK(b.fc1.weight(0, 0) == a.fc1.weight(0, 0) + 1);
  CHECK(a.fc1.weight.source().get() != b.fc1.weight.source().get());
}

TEST_CASE("assigning and moving into a model writes its leaves, so that an optimiser never trains an orphan") {
  net a, b;
  optim::sgd optimizer{a, {.lr = 1}};
  const autograd::node* leaf = a.fc1.weight.source().get();
  a = b;
  CHECK(a.fc1.weight.source().get() == leaf);
  CHECK(a.fc1.weight(1, 2) == b.fc1.weight(1, 2));
  a = net{};
  CHECK(a.fc1.weight.source().get() == leaf);
  a.fc1.weight = b.fc1.weight.value() * 2;
  CHECK(a.fc1.weight(0, 0) == 2 * b.fc1.weight(0, 0));
  CHECK(a.fc1.weight.source().get() == leaf);
  const tensor<float, shape<4, 3>> x = tensor<float, shape<4, 3>>(shape<4, 3>{}, 1.f);
  const float before = a.fc2.bias(0);
  sum(a(x)).backward();
  optimizer.step();
  CHECK(a.fc2.bias(0) == before - 4);
}

TEST_CASE("a frozen parameter is not trained") {
  net m;
  nn::requires_grad(m.fc1, false);
  CHECK(nn::parameter_count(m) == 3);
  optim::sgd optimizer{m, {.lr = 1}};
  CHECK(optimizer.size() == 2);
  sum(m(tensor<float, shape<2, 3>>(shape<2, 3>{}, 1.f))).backward();
  CHECK_FALSE(m.fc1.weight.has_grad());
  CHECK(m.fc2.bias.grad()(0) == 2);
  nn::zero_grad(m);
  CHECK_FALSE(m.fc2.bias.has_grad());
}

TEST_CASE("the usual training loop moves no weight, with the loss and the output in scope") {
  net m;
  optim::sgd optimizer{m, {.lr = 0.01}};
  const tensor<float, shape<4, 3>> x(shape<4, 3>{}, 0.5f);
  const float* address = m.fc1.weight.data();
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    auto output = m(x);
    auto loss = mean(square(output - 1.f));
    loss.backward();
    const float seen = output(0, 0);
    optimizer.step();
    CHECK(m.fc1.weight.data() == address);
    CHECK(output(0, 0) == seen);
  }
}

TEST_CASE("skip_init draws no numbers") {
  manual_seed(7);
  const auto before = default_generator().state();
  {
    const nn::skip_init guard;
    const net m;
    CHECK(m.fc1.weight(0, 0) == 0);
  }
  CHECK(default_generator().state() == before);
  const net drawn;
  CHECK(drawn.fc1.weight(0, 0) != 0);
}

TEST_CASE("the summary lists every parameter") {
  net m;
  nn::requires_grad(m.fc2, false);
  CHECK(nn::summary(m) ==
        "parameter   shape     elements\n"
        "fc1.weight  [2, 3]           6\n"
        "fc1.bias    [2]              2\n"
        "fc2.weight  [1, 2]  2 (frozen)\n"
        "fc2.bias    [1]     1 (frozen)\n"
        "total                       11\n"
        "trained                      8\n");
}

TEST_CASE("sequential applies its modules in order") {
  nn::sequential s{nn::flatten{}, nn::linear<4, 3>{}, nn::tanh{}, nn::softmax<1>{}};
  const tensor<float, shape<2, 2, 2>> x{{{1.f, 2.f}, {3.f, 4.f}}, {{0.f, 1.f}, {0.f, 1.f}}};
  const tensor y = detach(s(x));
  const tensor expected = detach(softmax(tessera::tanh(s.get<1>()(reshape(x, shape<2, 4>{}))), axis<1>));
  for (extent i = 0; i < 6; ++i) CHECK(y.data()[i] == expected.data()[i]);
}
