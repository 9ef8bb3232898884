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

/// a [m, k] times b [k, n]; either operand may be given as its transpose, b as a linear layer has it, a as its gradient has.
struct product {
  int m, k, n;
  bool transposed_a = false, transposed_b = false;
  [[nodiscard]] std::string name(const char* kind = "") const {
    return std::string(kind) + (transposed_a ? "aᵀ b/" : transposed_b ? "a bᵀ/" : "a b/") + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
  }
  [[nodiscard]] work amount() const { return {0, 2.0 * m * k * n}; }
};
inline constexpr product products[] = {
    {8, 8, 8}, {16, 16, 16}, {32, 32, 32}, {64, 64, 64}, {100, 100, 100}, {128, 128, 128}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048},
    {64, 784, 128}, {128, 768, 768}, {128, 768, 3072}, {64, 128, 10}, {1, 768, 3072},
    {64, 784, 128, false, true}, {128, 768, 768, false, true}, {128, 768, 3072, false, true}, {64, 128, 10, false, true}, {1, 768, 3072, false, true},
    {784, 64, 128, true}, {768, 128, 3072, true}, {128, 64, 10, true}, {256, 256, 256, true}};
/// The same in double, and of sizes that the type has.
inline constexpr product double_products[] = {{8, 8, 8}, {16, 16, 16}, {32, 32, 32}, {64, 64, 64}, {128, 128, 128}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}};
inline constexpr const char *in_double = "double, ", *fixed = "fixed sizes, ";

/// Calls f(T(), product, name) for each case of run-time sizes.
template <class F>
void for_each_product(F f) {
  for (const product& p : products) f(float(), p, p.name());
  for (const product& p : double_products) f(double(), p, p.name(in_double));
}
/// Calls f.operator()<N>(product, name) for each case of N cubed numbers.
template <class F>
void for_each_fixed_product(F f) {
  [&]<int... N>(std::integer_sequence<int, N...>) { (f.template operator()<N>(product{N, N, N}, product{N, N, N}.name(fixed)), ...); }(std::integer_sequence<int, 8, 16, 32, 64>{});
}

/// Rows and columns of the matrices that are reduced, and of those that softmax and argmax read.
inline constexpr int large = 4096, middle = 1024;
inline constexpr const char *sum_axis_0 = "sum over axis 0/4096x4096", *sum_axis_1 = "sum over axis 1/4096x4096", *sum_all = "sum/4096x4096",
                            *softmax = "softmax over axis 1/1024x1024", *argmax = "argmax over axis 1/1024x1024";
inline constexpr work sum_work{4.0 * large * large, 0}, softmax_work{8.0 * middle * middle, 0}, argmax_work{4.0 * middle * middle, 0};

/// Rows and columns that layer_norm reads. Backward reads x and dy and writes dx.
inline constexpr int norm_rows = 1024, norm_columns = 768;
inline constexpr const char *layer_norm = "layer_norm/1024x768", *layer_norm_training = "layer_norm and backward/1024x768";
inline constexpr work layer_norm_work{8.0 * norm_rows * norm_columns, 0}, layer_norm_training_work{20.0 * norm_rows * norm_columns, 0};

inline constexpr int transposed_sizes[] = {1024, 4096};
[[nodiscard]] inline std::string transposed(int n) { return "transposed copy/" + std::to_string(n) + "x" + std::to_string(n); }
[[nodiscard]] inline work transposed_work(int n) { return {8.0 * n * n, 0}; }

}  // namespace cases
