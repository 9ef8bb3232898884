// SPDX-License-Identifier: BSL-1.0
// Chapter 5, saving: a model is written to a file, read again, checked, and trained on. The files are safetensors, with
// the names that PyTorch gives the same model, so that either side reads what the other wrote.

#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/optim/adam.hpp>
#include <tessera/tensor/create.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "support/check.hpp"

namespace ts = tessera;
namespace nn = tessera::nn;
using ts::shape, ts::tensor;

struct net {
  nn::linear<2, 8> fc1;
  nn::linear<8, 1> fc2;
  auto operator()(const auto& x) const { return fc2(ts::tanh(fc1(x))); }
};

// The same task with a wider layer, and one layer more.
struct wide_net {
  nn::linear<2, 12> fc1;
  nn::linear<8, 1> fc2;
  nn::linear<1, 1> scale;
};

// The first layer alone.
struct encoder {
  nn::linear<2, 8> fc1;
};

const tensor<float, shape<4, 2>> questions{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const tensor<float, shape<4, 1>> answers{{0}, {1}, {1}, {0}};  // exclusive or

/// Trains for some steps and returns the last loss.
float train(net& model, int steps) {
  ts::optim::adam optimizer{model, {.lr = 0.05}};
  float last = 0;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    auto loss = nn::mse_loss(model(questions), answers);
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  return last;
}

bool same(const net& a, const net& b) { return std::ranges::equal(a(questions).span(), b(questions).span()); }

void files(const net& model, const std::filesystem::path& file) {
  std::cout << "1. Files and memory\n";
  ts::save(model, file);  // to a temporary beside it, which then takes its name: a crash leaves the old file or the new one
  net loaded;
  check(!same(model, loaded), "a new model has weights of its own");
  ts::load(loaded, file);
  check(same(model, loaded), "a loaded model computes the same, bit for bit");

  // The bytes of the file may as well travel through memory: a message, a database, an array in a program.
  const std::vector<std::byte> bytes = ts::save(model);
  // Weights that are about to be replaced need no random numbers first.
  const nn::skip_init guard;
  net received;
  ts::load(received, bytes);
  std::cout << file.filename().string() << ": " << std::filesystem::file_size(file) << " bytes, in memory " << bytes.size() << '\n';
  check(same(model, received) && bytes.size() == std::filesystem::file_size(file), "memory holds what the file holds");

  // state_dict is the same as named tensors, to look at or to edit. It is a copy: training does not change it.
  const ts::io::record state = nn::state_dict(model);
  for (const ts::io::entry& e : state) std::cout << e.name << ' ' << ts::name_of(e.type) << ' ' << ts::to_string(e.shape) << '\n';
  check(state.size() == 4 && state.find("fc2.weight") != nullptr && state.find("fc3.weight") == nullptr, "tensors are found by name");
}

void mistakes(const std::filesystem::path& file) {
  std::cout << "2. Mistakes\n";
  // A file that does not fit is refused as a whole, with everything that is wrong with it; the model stays as it was.
  wide_net wide;
  const float before = wide.fc2.weight(0, 0);
  const std::string message = error_of<ts::io_error>([&] { ts::load(wide, file); });
  std::cout << message << '\n';
  check(message.find("misshapen: fc1.weight") != std::string::npos && message.find("missing: scale.bias") != std::string::npos, "one error lists all that does not fit");
  check(wide.fc2.weight(0, 0) == before, "nothing was loaded, not even what would have fitted");
  // To take only a part is an intention, so it must be said. Shapes have to fit all the same.
  encoder part;
  check(!error_of<ts::io_error>([&] { ts::load(part, file); }).empty(), "a file with more than the model has is refused");
  ts::load(part, file, {.strict = false});
  net whole;
  ts::load(whole, file);
  check(part.fc1.weight(3, 1) == whole.fc1.weight(3, 1), "strict = false takes what both sides have");
  std::cout << error_of<ts::io_error>([&] { ts::load(whole, "no_such_file.safetensors"); }) << '\n';
}

void going_on(const std::filesystem::path& file) {
  std::cout << "3. Training goes on\n";
  net model;
  ts::load(model, file);
  const float saved = nn::mse_loss(model(questions), answers).item();
  // Loading writes into the parameters that are there. An optimiser made before or after trains the same ones.
  const float later = train(model, 300);
  std::cout << "loss when saved " << saved << ", after more training " << later << '\n';
  check(later < saved / 2, "a loaded model goes on learning");
}

int main() {
  const std::filesystem::path file = "05_saving.safetensors";
  ts::manual_seed(0);
  net model;
  train(model, 60);
  files(model, file);
  mistakes(file);
  going_on(file);
  std::filesystem::remove(file);
  return checks::result();
}
