// SPDX-License-Identifier: BSL-1.0
// How LSTMs reach cuDNN: layers, directions, states and biases, the gradients, and what is described when, by a stand-in that computes what
// cuDNN's manual says. It adds up in another order than the library, so results are compared with the tolerance of the backends.
#include <support/recurrent.hpp>
#include <tessera/autograd/gpu_graph.hpp>
#include <tessera/optim/adam.hpp>
#include <tessera/tensor/create.hpp>

namespace tessera::tests {

TEST_CASE("LSTMs and their gradients by cuDNN") {
  cudnn_double::recurrent = {};
  check_lstm<nn::lstm<6, 5>>("one layer", false);
  check_lstm<nn::lstm<6, 5>>("a state", true);
  check_lstm<nn::lstm<6, 5, nn::of<double>>>("one layer of double", true);
  check_lstm<nn::lstm<6, 5, nn::no_bias, nn::of<double>>>("no bias", true);
  check_lstm<nn::lstm<6, 5, nn::bidirectional>>("both ways", false);
  check_lstm<nn::lstm<6, 5, nn::layers<2>, nn::bidirectional, nn::batch_first, nn::of<double>>>("two layers, both ways", true);
  check_lstm<nn::lstm<6, 5, nn::layers<3>, nn::no_bias, nn::of<double>>>("dropout between layers", false, 0.4);
  // Of the two gradients that are compared the recorded one is made of other operations.
  CHECK(cudnn_double::recurrent.forward == 2 * cudnn_double::recurrent.data);
  CHECK(cudnn_double::recurrent.weights == cudnn_double::recurrent.data);
  CHECK(cudnn_double::recurrent.data == 2 * (4 * 1 + 2 + 4 + 3));  // on each of two GPUs
  CHECK(cudnn_double::recurrent.out_of_turn == 0);
  CHECK(cudnn_double::recurrent.unread == 0);
}

namespace {
using model_type = nn::lstm<6, 5>;

/// The gradient of w_hh after one or more backward passes over the same graph.
std::vector<double> passes_of(int times, device where) {
  const with_device on(where);
  manual_seed(3);
  model_type model;
  const variable x(placed([&] {
    const with_device here(device::cpu());
    return operand_of<float>(shape<dyn, dyn, 6>{3, 4}, 0);
  }()));
  const auto [y, state] = model(x);
  const variable loss = sum(square(y));
  for (int i = 1; i < times; ++i) loss.backward(retain_graph);
  loss.backward();
  std::vector<double> all;
  nn::visit(model, [&](const std::string&, auto& p) {
    if constexpr (nn::is_parameter<std::remove_cvref_t<decltype(p)>>)
      for (const double each : numbers_of(p.grad())) all.push_back(each);
  });
  return all;
}

/// What a forward pass over so many steps and sequences gives.
void run_once(model_type& model, extent steps, extent batch) {
  const no_grad guard;
  const auto [y, state] = model(full<float>(shape<dyn, dyn, 6>{steps, batch}, 0.5F));
  CHECK(y.shape() == shape<dyn, dyn, 5>{steps, batch});
}
}  // namespace

TEST_CASE("a graph that is kept goes through cuDNN again") {
  cudnn_double::recurrent = {};
  check_numbers("two passes", passes_of(2, device::gpu()), passes_of(2, device::cpu()), tolerance<float>);
  CHECK(cudnn_double::recurrent.forward == 2);  // the first backward call spends what the forward call left
  CHECK(cudnn_double::recurrent.data == 2);
  CHECK(cudnn_double::recurrent.out_of_turn == 0);
}

namespace {
/// The losses of ten steps; is_captured: by a graph.
std::vector<float> losses_of(bool is_captured) {
  const device where = device::gpu();
  manual_seed(3);
  const tensor sequences = randn<float>(shape<dyn, dyn, 6>{7, 4});
  nn::lstm<6, 5, nn::layers<2>, nn::bidirectional> model;
  to(model, where);
  optim::adam optimizer{model, {.lr = 1e-2}};
  const auto step = [&](const auto& x) {
    optimizer.zero_grad();
    const auto [y, state] = model(x);
    auto loss = variable(sum(square(y - 0.25F)) + sum(square(state.c)));
    loss.backward();
    optimizer.step();
    return loss;
  };
  gpu::graph captured(where, step);
  std::vector<float> all;
  std::size_t held = 0;
  for (int i = 0; i < 10; ++i) {
    if (i == 4) held = gpu::memory::held(0);
    all.push_back(is_captured ? captured(to(sequences, where)).item() : step(to(sequences, where)).item());
  }
  CHECK(gpu::memory::held(0) == held);  // workspaces and what calls leave come back
  if (is_captured) CHECK(captured.replays() > 5);
  return all;
}
}  // namespace

TEST_CASE("a captured step with cuDNN's LSTM trains as the step does") {
  cudnn_double::recurrent = {};
  const std::vector<float> wanted = losses_of(false);
  const int calls = cudnn_double::recurrent.forward;
  CHECK(wanted.back() < wanted.front());
  CHECK(losses_of(true) == wanted);
  CHECK(cudnn_double::recurrent.forward < calls + calls / 2);  // a replay calls nobody
  CHECK(cudnn_double::recurrent.out_of_turn == 0);
}

TEST_CASE("a layer is described to cuDNN once, and sequences when they change, in the precision that is allowed") {
  const with_device on(device::gpu());
  manual_seed(0);
  model_type model;
  run_once(model, 3, 4);
  cudnn_double::recurrent = {};
  run_once(model, 3, 4);
  run_once(model, 3, 4);
  CHECK(cudnn_double::recurrent.unread == 2);  // nothing is left for a gradient that nobody asks for
  CHECK(cudnn_double::recurrent.descriptions == 0);
  CHECK(cudnn_double::recurrent.sequences == 0);
  CHECK(cudnn_double::math == CUDNN_FMA_MATH);
  run_once(model, 2, 4);
  CHECK(cudnn_double::recurrent.descriptions == 0);
  CHECK(cudnn_double::recurrent.sequences == 2);
  gpu::allow_tf32(true);
  run_once(model, 2, 4);
  gpu::allow_tf32(false);
  CHECK(cudnn_double::recurrent.descriptions == 1);
  CHECK(cudnn_double::math == CUDNN_DEFAULT_MATH);
  run_once(model, 2, 4);
  CHECK(cudnn_double::math == CUDNN_FMA_MATH);
}

TEST_CASE("what was allowed when a layer ran holds for its gradient") {
  const with_device on(device::gpu());
  model_type model;
  const variable x(full<float>(shape<dyn, dyn, 6>{3, 4}, 0.5F));
  gpu::allow_tf32(true);
  const auto [y, state] = model(x);
  gpu::allow_tf32(false);
  cudnn_double::recurrent = {};
  const variable loss = sum(y);
  loss.backward(retain_graph);
  CHECK(cudnn_double::math == CUDNN_DEFAULT_MATH);
  loss.backward();
  CHECK(cudnn_double::math == CUDNN_DEFAULT_MATH);
  CHECK(cudnn_double::recurrent.out_of_turn == 0);
}

TEST_CASE("where cuDNN does not take a layer the library's own kernels work") {
  cudnn_double::recurrent = {};
  cudnn_double::has_no_lstm = true;
  check_lstm<nn::lstm<6, 5, nn::no_bias>>("one layer without cuDNN", true);  // of a kind that was not met before
  cudnn_double::has_no_lstm = false;
  CHECK(cudnn_double::recurrent.descriptions > 0);
  CHECK(cudnn_double::recurrent.forward == 0);
}

}  // namespace tessera::tests
