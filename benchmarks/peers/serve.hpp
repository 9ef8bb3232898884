// SPDX-License-Identifier: BSL-1.0
#pragma once
// What every program of a comparison shares: numbers from a formula, images, and the commands that run_nn.py sends. Nothing here
// knows a library or a network.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

namespace peers {

inline constexpr int inputs = 784, classes = 10, samples = 1024;
inline constexpr float learning_rate = 1e-3f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;

/// An integer without visible order. source: C. Wellons, lowbias32
[[nodiscard]] constexpr std::uint32_t scramble(std::uint32_t x) {
  x = (x ^ x >> 16) * 0x7feb352dU;
  x = (x ^ x >> 15) * 0x846ca68bU;
  return x ^ x >> 16;
}
/// A number from -1 to 1, the same in every program.
[[nodiscard]] constexpr float noise(std::uint32_t i) { return static_cast<float>(scramble(i) >> 8) * 0x1p-23f - 1; }

/// `count` numbers within 1 / sqrt(fan_in), from number `next` of the formula on.
[[nodiscard]] inline std::vector<float> start_of(int count, int fan_in, std::uint32_t& next) {
  const float bound = 1 / std::sqrt(static_cast<float>(fan_in));
  std::vector<float> x(static_cast<std::size_t>(count));
  for (float& v : x) v = bound * noise(next++);
  return x;
}

/// The images of a batch, row by row.
[[nodiscard]] inline std::vector<float> images_of(int batch, int index) {
  std::vector<float> x(static_cast<std::size_t>(batch * inputs));
  const std::size_t start = static_cast<std::size_t>(index) * x.size();
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = noise(static_cast<std::uint32_t>((1U << 20) + start + i));
  return x;
}
[[nodiscard]] inline std::vector<std::int64_t> labels_of(int batch, int index) {
  std::vector<std::int64_t> y(static_cast<std::size_t>(batch));
  for (int i = 0; i < batch; ++i) y[static_cast<std::size_t>(i)] = scramble(static_cast<std::uint32_t>((1 << 24) + index * batch + i)) % classes;
  return y;
}

/// Microseconds of one of `steps` steps, after a few that are not counted: they make what is made once.
template <class Step>
[[nodiscard]] double microseconds(int batches, int steps, Step step) {
  constexpr int warm_up = 10;
  for (int i = 0; i < warm_up; ++i) step(i % batches);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) step(i % batches);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / steps;
}

/// Answers one command. A trainer starts from the formula's weights, so that every repetition does the same work.
template <class Trainer>
void answer(const std::string& command, int batch, int steps) {
  Trainer trainer(batch);
  if (command == "train") {
    std::cout << microseconds(samples / batch, steps, [&](int i) { trainer.step(i); });
  } else if (command == "infer") {
    std::cout << microseconds(samples / batch, steps, [&](int i) { trainer.infer(i); });
  } else if (command == "outputs") {
    trainer.infer(0);
    for (int c = 0; c < classes; ++c) std::cout << trainer.output(c) << ' ';
  } else if (command == "losses") {
    for (int i = 0; i < steps; ++i) {
      trainer.step(i % (samples / batch));
      std::cout << trainer.loss() << ' ';
    }
  } else {
    std::cout << "unknown";
  }
  std::cout << std::endl;
}

/// Reads lines "command batch steps" and answers each with a line.
int serve(auto answer) {
  std::cout.precision(9);
  std::string command;
  for (int batch = 0, steps = 0; std::cin >> command >> batch >> steps;) answer(command, batch, steps);
  return 0;
}
/// Trainer(batch) has step(index of a batch), loss(), infer(index), output(class) for batches of so many images, up to `samples`.
template <class Trainer>
int serve() {
  return serve(answer<Trainer>);
}

}  // namespace peers
