// SPDX-License-Identifier: BSL-1.0
#pragma once
// The cases that tessera's benchmarks and those of its peers share.

#include <support/measure.hpp>

#include <initializer_list>
#include <utility>

namespace cases {

using measure::work;

/// What reads `read` floats and writes `written` of them.
[[nodiscard]] constexpr work movement(double read, double written) { return {4 * read, 4 * written}; }

/// Elements of each elementwise case: in the nearest cache, in the next, in memory.
[[nodiscard]] inline std::vector<std::int64_t> lengths() {
  if (!measure::sweeps()) return {1'000, 100'000, 10'000'000};
  std::vector<std::int64_t> all;
  for (int power = 6; power <= 24; ++power) all.push_back(std::int64_t{1} << power);
  return all;
}
[[nodiscard]] inline std::string chain(std::int64_t n) { return "2x + 3y - xy/" + std::to_string(n); }
[[nodiscard]] inline work chain_work(std::int64_t n) { return movement(2.0 * static_cast<double>(n), static_cast<double>(n)); }
[[nodiscard]] inline std::string curve(std::int64_t n) { return "tanh(x) sigmoid(x) + exp(-x²)/" + std::to_string(n); }
[[nodiscard]] inline work curve_work(std::int64_t n) { return movement(static_cast<double>(n), static_cast<double>(n)); }

/// a [m, k] times b [k, n]; either operand may be given as its transpose, b as a linear layer has it, a as its gradient has.
struct product {
  int m, k, n;
  bool transposed_a = false, transposed_b = false;
  [[nodiscard]] std::string name(const char* kind = "") const {
    return std::string(kind) + (transposed_a ? "aᵀ b/" : transposed_b ? "a bᵀ/" : "a b/") + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
  }
  /// `times` such products of elements of T.
  template <class T>
  [[nodiscard]] work amount(int times = 1) const {
    const double a = m * k, b = k * n, c = m * n, size = sizeof(T);
    return {size * times * (a + b), size * times * c, 2.0 * times * a * n, sizeof(T) == 8};
  }
};
/// Cubes, sizes of networks with both operands as they are and either transposed, and one gradient of a layer.
[[nodiscard]] inline std::vector<product> products() {
  std::vector<product> all;
  if (measure::sweeps()) {
    for (const int n : {8, 13, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 191, 255, 256, 257, 383, 384, 509, 512, 513, 769, 1021, 1024, 1025, 1537, 2039, 2048, 2049, 4096})
      all.push_back({n, n, n});
    return all;
  }
  for (const int n : {8, 16, 32, 64, 100, 128, 256, 512, 1024, 2048}) all.push_back({n, n, n});
  for (const product& p : {product{64, 784, 128}, {128, 768, 768}, {128, 768, 3072}, {64, 128, 10}, {1, 768, 3072}})
    for (const auto& [a, b] : {std::pair{false, false}, {false, true}, {true, false}}) all.push_back({p.m, p.k, p.n, a, b});
  all.push_back({784, 64, 128, true});
  return all;
}
/// Sides of cubes in double.
[[nodiscard]] inline std::vector<int> double_products() {
  if (measure::sweeps()) return {};
  return {8, 16, 32, 64, 128, 256, 512, 1024, 2048};
}
inline constexpr const char *in_double = "double, ", *fixed = "fixed sizes, ";

/// Calls f(T(), product, name) for each case of run-time sizes.
template <class F>
void for_each_product(F f) {
  for (const product& p : products()) f(float(), p, p.name());
  for (const int n : double_products()) f(double(), product{n, n, n}, product{n, n, n}.name(in_double));
}
/// Calls f.operator()<N>(product, name) for each case of N cubed numbers.
template <class F>
void for_each_fixed_product(F f) {
  if (!measure::sweeps())
    [&]<int... N>(std::integer_sequence<int, N...>) { (f.template operator()<N>(product{N, N, N}, product{N, N, N}.name(fixed)), ...); }(std::integer_sequence<int, 8, 16, 32, 64>{});
}
/// Calls f(product, name, work) for each product whose two gradients are taken too: dc bᵀ and aᵀ dc.
template <class F>
void for_each_trained_product(F f) {
  if (!measure::sweeps())
    for (const product& p : {product{256, 256, 256}, product{64, 784, 128}, product{128, 768, 3072}}) f(p, p.name("with both gradients, "), p.amount<float>(3));
}

/// Rows and columns of the matrices that are summed, of those that softmax reads, and of that whose greatest elements are found.
inline constexpr int large = 4096, middle = 1024;
inline constexpr const char *sum_axis_0 = "sum over axis 0/4096x4096", *sum_axis_1 = "sum over axis 1/4096x4096", *sum_all = "sum/4096x4096",
                            *softmax = "softmax over axis 1/1024x1024", *softmax_training = "softmax and backward/1024x1024", *argmax = "argmax over axis 1/4096x1024";
inline constexpr work sum_work = movement(large * large, 0), softmax_work = movement(middle * middle, middle * middle), argmax_work = movement(large * middle, 0);
/// The forward pass reads x and writes y; backward reads y and dy and writes dx.
inline constexpr work softmax_training_work = movement(3 * middle * middle, 2 * middle * middle);

/// Rows and columns that layer_norm reads. Backward reads x and dy and writes dx.
inline constexpr int norm_rows = 1024, norm_columns = 768;
inline constexpr const char *layer_norm = "layer_norm/1024x768", *layer_norm_training = "layer_norm and backward/1024x768";
inline constexpr work layer_norm_work = movement(norm_rows * norm_columns, norm_rows * norm_columns), layer_norm_training_work = movement(3 * norm_rows * norm_columns, 2 * norm_rows * norm_columns);

/// Logits whose cross entropy is taken, and its gradient with respect to them.
struct classification {
  int rows, classes;
  [[nodiscard]] std::string name() const { return "cross entropy/" + size(); }
  [[nodiscard]] std::string trained_name() const { return "cross entropy and backward/" + size(); }
  [[nodiscard]] work amount() const { return movement(count(), 0); }
  [[nodiscard]] work trained_amount() const { return movement(2 * count(), count()); }
  [[nodiscard]] std::vector<std::int64_t> labels() const {
    std::vector<std::int64_t> all(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i * 7919) % classes;
    return all;
  }

 private:
  [[nodiscard]] double count() const { return static_cast<double>(rows) * classes; }
  [[nodiscard]] std::string size() const { return std::to_string(rows) + "x" + std::to_string(classes); }
};
inline constexpr classification classifications[] = {{64, 10}, {128, 1000}, {1024, 8192}};

/// Rows of a table that an embedding chooses from, their length, and how many it chooses.
inline constexpr int table_rows = 10'000, table_columns = 256, chosen = 4096;
inline constexpr const char *embedding = "embedding/4096 of 10000x256", *embedding_training = "embedding and backward/4096 of 10000x256";
/// The gradient of the table is written whole, and the chosen rows of it are read and written again.
inline constexpr work embedding_work = movement(chosen * table_columns, chosen * table_columns), embedding_training_work = movement(3 * chosen * table_columns, (2 * chosen + table_rows) * table_columns);
[[nodiscard]] inline std::vector<std::int64_t> choices() {
  std::vector<std::int64_t> all(chosen);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i * 7919) % table_rows;
  return all;
}

/// Images [batch, in, side, side] convolved by kernels of 3 x 3 with a padding of 1, so that results [batch, out, side, side] have their size.
struct convolution {
  int batch, in, out, side;
  /// kind: forward, and the gradients of images and of kernels by those of the results.
  [[nodiscard]] std::string name(const char* kind) const {
    return std::string("convolution, ") + kind + "/" + std::to_string(batch) + "x" + std::to_string(in) + "x" + std::to_string(side) + "x" + std::to_string(side) + " to " + std::to_string(out);
  }
  [[nodiscard]] std::int64_t x_size() const { return std::int64_t{batch} * in * side * side; }
  [[nodiscard]] std::int64_t w_size() const { return std::int64_t{out} * in * 9; }
  [[nodiscard]] std::int64_t y_size() const { return std::int64_t{batch} * out * side * side; }
  [[nodiscard]] work amount() const { return {4.0 * static_cast<double>(x_size()), 4.0 * static_cast<double>(y_size()), 18.0 * static_cast<double>(y_size()) * in}; }
};
inline constexpr convolution convolutions[] = {{64, 1, 32, 28}, {64, 32, 64, 14}, {1, 32, 64, 14}, {8, 64, 64, 56}};
inline constexpr const char *forward = "forward", *data_gradient = "data gradient", *weight_gradient = "weight gradient";

inline constexpr const char* tiny_mlp = "4-16-16-1, one sample/value and gradients";

inline constexpr int transposed_sizes[] = {1024, 4096};
[[nodiscard]] inline std::string transposed(int n) { return "transposed copy/" + std::to_string(n) + "x" + std::to_string(n); }
[[nodiscard]] inline work transposed_work(int n) { return movement(1.0 * n * n, 1.0 * n * n); }

/// Four numbers in a statement, x² + 3x + 1: nearly all of it is not arithmetic.
inline constexpr const char *unrecorded = "x² + 3x + 1 of four numbers, not recorded", *recorded = "the same, recorded and dropped", *differentiated = "its sum, recorded, and backward";

}  // namespace cases
