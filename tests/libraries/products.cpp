// SPDX-License-Identifier: BSL-1.0
// How products reach cuBLAS: every layout of the operands, leading dimensions, batches, bias and accumulation, by a stand-in that
// computes what cuBLAS's manual says.
#include <op/op_list.hpp>
#include <support/places.hpp>
#include <tessera/tensor/create.hpp>

namespace tessera::tests {
namespace {

/// Numbers on the emulated GPU.
template <class T>
class numbers {
 public:
  explicit numbers(extent n, int seed) : values_(static_cast<std::size_t>(n)), memory_(values_.size() * sizeof(T)) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = static_cast<T>(static_cast<int>(i * 7 + static_cast<std::size_t>(seed) * 3) % 11 - 5);
    gpu::memory::upload(0, memory_.data(), values_.data(), values_.size() * sizeof(T));
  }
  [[nodiscard]] T* there() { return static_cast<T*>(memory_.data()); }
  [[nodiscard]] const std::vector<T>& before() const { return values_; }
  [[nodiscard]] std::vector<T> now() const {
    std::vector<T> all(values_.size());
    gpu::memory::download(0, all.data(), memory_.data(), all.size() * sizeof(T));
    return all;
  }

 private:
  std::vector<T> values_;
  block memory_;
};

template <class T>
void check_product(extent m, extent n, extent k, bool turned_a, bool turned_b, extent gap, bool accumulate, bool with_bias) {
  INFO("[", m, ", ", k, "] x [", k, ", ", n, "], turned ", turned_a, " and ", turned_b, ", gap ", gap, ", accumulate ", accumulate, ", bias ", with_bias);
  const with_device on(device::gpu());
  const extent step_a = (turned_a ? m : k) + gap, step_b = (turned_b ? k : n) + gap, ldc = n + gap;
  numbers<T> a((turned_a ? k : m) * step_a, 0), b((turned_b ? n : k) * step_b, 1), c(m * ldc, 2), bias(n, 3);
  const backend::matrix<T> left{a.there(), turned_a ? 1 : step_a, turned_a ? step_a : 1}, right{b.there(), turned_b ? 1 : step_b, turned_b ? step_b : 1};
  backend::gemm<T>(m, n, k, left, right, c.there(), ldc, accumulate, with_bias ? bias.there() : nullptr);
  std::vector<T> wanted = c.before();
  for (extent i = 0; i < m; ++i)
    for (extent j = 0; j < n; ++j) {
      T& to = wanted[static_cast<std::size_t>(i * ldc + j)];
      if (!accumulate) to = with_bias ? bias.before()[static_cast<std::size_t>(j)] : T(0);
      for (extent p = 0; p < k; ++p)
        to += a.before()[static_cast<std::size_t>(i * left.row_stride + p * left.column_stride)] * b.before()[static_cast<std::size_t>(p * right.row_stride + j * right.column_stride)];
    }
  CHECK(c.now() == wanted);
}

struct sizes {
  extent m, n, k;
};

}  // namespace

TEST_CASE("products in every layout, with and without bias, and added to what stands there") {
  cublas_double::counted = {};
  int products = 0, with_bias = 0;
  for (const auto [m, n, k] : {sizes{3, 4, 5}, sizes{1, 4, 5}, sizes{3, 1, 5}, sizes{3, 4, 1}, sizes{1, 1, 5}, sizes{1, 1, 1}, sizes{7, 2, 9}})
    for (int bits = 0; bits < 32; ++bits) {
      const bool accumulate = (bits & 8) != 0, bias = (bits & 16) != 0;
      check_product<float>(m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0 ? 3 : 0, accumulate, bias);
      check_product<double>(m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0 ? 3 : 0, accumulate, bias);
      products += 2;
      with_bias += bias && !accumulate ? 2 : 0;
    }
  CHECK(cublas_double::counted.bias == with_bias);
  CHECK(cublas_double::counted.one == products - with_bias);
}

TEST_CASE("algorithms are looked up once for each product with a bias") {
  check_product<float>(13, 17, 19, false, true, 0, false, true);
  cublas_double::counted = {};
  check_product<float>(13, 17, 19, false, true, 0, false, true);
  CHECK(cublas_double::counted.heuristics == 0);
  check_product<float>(13, 17, 19, false, true, 2, false, true);
  CHECK(cublas_double::counted.heuristics == 1);
}

TEST_CASE("where cuBLASLt has no algorithm the bias is written first") {
  cublas_double::has_no_algorithm = true;
  cublas_double::counted = {};
  check_product<float>(14, 18, 20, false, true, 0, false, true);
  check_product<double>(14, 18, 20, true, true, 1, false, true);
  cublas_double::has_no_algorithm = false;
  CHECK(cublas_double::counted.one == 2);
  CHECK(cublas_double::counted.bias == 0);
}

TEST_CASE("TF32 is used when it is allowed, by floats") {
  gpu::allow_tf32(true);
  check_product<float>(3, 4, 5, false, false, 0, false, false);
  CHECK(cublas_double::math == CUBLAS_TF32_TENSOR_OP_MATH);
  gpu::allow_tf32(false);
  check_product<float>(3, 4, 5, false, false, 0, false, false);
  CHECK(cublas_double::math == CUBLAS_DEFAULT_MATH);
}

TEST_CASE("a batch of products is one call") {
  const auto multiply = [](const auto& a, const auto& b) { return matmul(a, b); };
  const auto counts = [&](auto shape_a, auto shape_b, int one, int strided, int many, const auto& call) {
    const with_device on(device::gpu());
    const tensor<float, decltype(shape_a)> a = ones<float>(shape_a);
    const tensor<float, decltype(shape_b)> b = ones<float>(shape_b);
    cublas_double::counted = {};
    static_cast<void>(call(a, b));
    CHECK(cublas_double::counted.one == one);
    CHECK(cublas_double::counted.strided == strided);
    CHECK(cublas_double::counted.many == many);
  };
  counts(shape<6, 3, 4>{}, shape<6, 4, 5>{}, 0, 1, 0, multiply);
  counts(shape<2, 3, 3, 4>{}, shape<2, 3, 4, 5>{}, 0, 1, 0, multiply);
  counts(shape<6, 3, 4>{}, shape<4, 5>{}, 1, 0, 0, multiply);  // one tall matrix
  counts(shape<1, 3, 4>{}, shape<6, 4, 5>{}, 0, 1, 0, multiply);
  counts(shape<2, 1, 3, 4>{}, shape<1, 3, 4, 5>{}, 0, 0, 1, multiply);  // either is stretched along one axis
  counts(shape<2, 5, 3, 4>{}, shape<2, 5, 3, 4>{}, 0, 0, 1, [](const auto& q, const auto& k) { return matmul(permute(q, axes<0, 2, 1, 3>), permute(k, axes<0, 2, 3, 1>)); });  // heads of attention
}

TEST_CASE("contractions and their derivatives by cuBLAS") {
  contractions([](const auto& op) { check_case_at_places(op); });
  const auto multiply = [](const auto& a, const auto& b) { return matmul(a, b); };
  check_places<double>("a batch", multiply, operand_of<double>(shape<3, 2, 4>{}, 0), operand_of<double>(shape<3, 4, 5>{}, 1));
  check_places<double>("a batch and one matrix", multiply, operand_of<double>(shape<3, 2, 4>{}, 0), operand_of<double>(shape<4, 5>{}, 1));
  check_places<double>("stretched both ways", multiply, operand_of<double>(shape<2, 1, 3, 4>{}, 0), operand_of<double>(shape<1, 3, 4, 2>{}, 1));
  check_places<double>("heads", [](const auto& q, const auto& k) { return matmul(permute(q, axes<0, 2, 1, 3>), permute(k, axes<0, 2, 3, 1>)); }, operand_of<double>(shape<2, 3, 2, 4>{}, 0), operand_of<double>(shape<2, 3, 2, 4>{}, 1));
}

}  // namespace tessera::tests
