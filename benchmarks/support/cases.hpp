// SPDX-License-Identifier: BSL-1.0
#pragma once
// The cases that tessera's benchmarks and those of its peers share.

#include <support/measure.hpp>

#include <utility>

namespace cases {

using measure::work;

/// Elements of each elementwise case: in the nearest cache, in the next, in memory.
inline constexpr std::int64_t lengths[] = {1'000, 100'000, 10'000'000};
[[nodiscard]] inline std::string chain(std::int64_t n) { return "2x + 3y - xy/" + std::to_string(n); }
[[nodiscard]] inline work chain_work(std::int64_t n) { return {12.0 * static_cast<double>(n), 0}; }
[[nodiscard]] inline std::string curve(std::int64_t n) { return "tanh(x) sigmoid(x) + exp(-x²)/" + std::to_string(n); }
[[nodiscard]] inline work curve_work(std::int64_t n) { return {8.0 * static_cast<double>(n), 0}; }

/// a [m, k] times b [k, n], or times the transpose of b [n, k] as a linear layer has it.
struct product {
  int m, k, n;
  bool transposed;
  [[nodiscard]] std::string name() const {
    return std::string(transposed ? "a bᵀ/" : "a b/") + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
  }
  [[nodiscard]] work amount() const { return {0, 2.0 * m * k * n}; }
};
inline constexpr product products[] = {{8, 8, 8, false},       {16, 16, 16, false},       {32, 32, 32, false},       {64, 64, 64, false},    {128, 128, 128, false},
                                       {256, 256, 256, false}, {512, 512, 512, false},    {1024, 1024, 1024, false}, {64, 784, 128, false},  {64, 128, 10, false},
                                       {1, 768, 3072, false},  {64, 784, 128, true},      {64, 128, 10, true},       {1, 768, 3072, true}};

/// Rows and columns of the matrices that are reduced, and of those that softmax and argmax read.
inline constexpr int large = 4096, middle = 1024;
inline constexpr const char *sum_axis_0 = "sum over axis 0/4096x4096", *sum_axis_1 = "sum over axis 1/4096x4096", *sum_all = "sum/4096x4096",
                            *softmax = "softmax over axis 1/1024x1024", *argmax = "argmax over axis 1/1024x1024";
inline constexpr work sum_work{4.0 * large * large, 0}, softmax_work{8.0 * middle * middle, 0}, argmax_work{4.0 * middle * middle, 0};

inline constexpr int transposed_sizes[] = {1024, 4096};
[[nodiscard]] inline std::string transposed(int n) { return "transposed copy/" + std::to_string(n) + "x" + std::to_string(n); }
[[nodiscard]] inline work transposed_work(int n) { return {8.0 * n * n, 0}; }

}  // namespace cases
