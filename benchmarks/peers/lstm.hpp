// SPDX-License-Identifier: BSL-1.0
#pragma once
// What every program of the comparison of recurrent networks shares. Nothing here knows a library.

#include <peers/mlp.hpp>

namespace peers {

/// Two layers of 50 cells that read 100 features, over 32 steps of 16 sequences. The error is the mean square of the outputs less a target.
namespace recurrent {
inline constexpr int features = 100, cells = 50, layers = 2, steps = 32, batch = 16;
inline constexpr float rate = 10;
}

/// Calls visit(parameter) for each of the eight parameters in PyTorch's order, with the numbers that they have.
template <class Visit>
void for_each_recurrent_parameter(Visit visit) {
  using namespace recurrent;
  std::uint32_t next = 0;
  const float bound = 1 / std::sqrt(static_cast<float>(cells));
  for (int layer = 0; layer < layers; ++layer)
    for (const int columns : {layer == 0 ? features : cells, cells, 1, 1}) {
      std::vector<float> values(static_cast<std::size_t>(4 * cells * columns));
      for (float& v : values) v = bound * noise(next++);
      visit(values);
    }
}
/// The inputs of all steps, and the target.
[[nodiscard]] inline std::vector<float> sequences(int width, std::uint32_t start) {
  std::vector<float> x(static_cast<std::size_t>(recurrent::steps * recurrent::batch * width));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = noise(static_cast<std::uint32_t>(start + i));
  return x;
}

/// Reads lines "command batch steps" and answers each with a line. Trainer has step(): the loss and its gradients; descend(): a step
/// of gradient descent with `rate` along them; loss(), infer() and output(i).
template <class Trainer>
int serve_recurrent() {
  std::cout.precision(9);
  std::string command;
  for (int batch = 0, steps = 0; std::cin >> command >> batch >> steps;) {
    Trainer trainer;
    if (command == "train") {
      std::cout << microseconds(1, steps, [&](int) { trainer.step(); });
    } else if (command == "infer") {
      std::cout << microseconds(1, steps, [&](int) { trainer.infer(); });
    } else if (command == "outputs") {
      trainer.infer();
      for (int i = 0; i < recurrent::steps * recurrent::batch * recurrent::cells; i += 97) std::cout << trainer.output(i) << ' ';
    } else if (command == "losses") {
      for (int i = 0; i < steps; ++i) {
        trainer.step();
        trainer.descend();
        std::cout << trainer.loss() << ' ';
      }
    } else {
      std::cout << "unknown";
    }
    std::cout << std::endl;
  }
  return 0;
}

}  // namespace peers
