// SPDX-License-Identifier: BSL-1.0
#define TESSERA_REFERENCE_KERNELS 1
#include <backend_diff/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {
namespace {

/// What adds up in registers is rounded in another order than in the reference: sums of a hundred terms of order 1 stay within
/// 64 units of the last place of 1.
template <class Call, Shape... S>
void check_both(const std::string& title, const Call& call, S... shapes) {
  int k = 0;
  const auto make = [&]<Element T>(T, auto shape) { return spread_over<T>(shape, k++, {-2, 2}); };
  {
    const std::tuple<tensor<float, S>...> x{make(float(), shapes)...};
    std::apply([&](const auto&... each) { check_backends<float>(title, call, 64, 64, 1.f, each...); }, x);
  }
  const std::tuple<tensor<double, S>...> x{make(double(), shapes)...};
  std::apply([&](const auto&... each) { check_backends<double>(title, call, 64, 64, 1.0, each...); }, x);
}

using matrix = shape<dyn, dyn>;

}  // namespace

TEST_CASE("reductions: simd against scalar along and across rows") {
  check_both("sum", [](const auto& a) { return sum(a); }, matrix{3, 67});
  check_both("sum, rows", [](const auto& a) { return sum(a, axis<1>); }, matrix{5, 67});
  check_both("sum, columns", [](const auto& a) { return sum(a, axis<0>); }, matrix{5, 67});
  check_both("sum of a product", [](const auto& a, const auto& b) { return sum(a * b, axis<1>); }, matrix{5, 67}, shape<dyn>{67});
  check_both("mean", [](const auto& a) { return mean(a, axis<0>); }, matrix{37, 19});
  check_both("var", [](const auto& a) { return var(a, axis<1>); }, matrix{3, 67});
  check_both("max", [](const auto& a) { return max(a, axis<1>).values; }, matrix{3, 67});
}

TEST_CASE("movement: simd against scalar through index maps") {
  check_both("transpose", [](const auto& a, const auto& b) { return transpose(a) * b; }, matrix{37, 19}, matrix{19, 37});
  check_both("slice", [](const auto& a) { return exp(slice(a, full_extent, range_of{1, 60, 3})); }, matrix{5, 67});
  check_both("broadcast_to", [](const auto& a, const auto& b) { return broadcast_to(a, matrix{37, 19}) * b; }, shape<dyn, dyn>{37, 1}, matrix{37, 19});
}

TEST_CASE("matmul, linear, softmax and layer_norm: simd against scalar") {
  check_both("matmul", [](const auto& a, const auto& b) { return matmul(a, b); }, matrix{19, 37}, matrix{37, 23});
  check_both("matmul of a row", [](const auto& a, const auto& b) { return matmul(a, b); }, matrix{1, 37}, matrix{37, 23});
  check_both("linear", [](const auto& a, const auto& w, const auto& b) { return linear(a, w, b); }, matrix{19, 37}, matrix{23, 37}, shape<dyn>{23});
  check_both("softmax", [](const auto& a) { return softmax(a, axis<1>); }, matrix{5, 67});
  check_both("log_softmax", [](const auto& a) { return log_softmax(a, axis<0>); }, matrix{67, 5});
  check_both("layer_norm", [](const auto& a, const auto& w, const auto& b) { return layer_norm(a, axis<1>, w, b); }, matrix{5, 67}, shape<dyn>{67}, shape<dyn>{67});
}

TEST_CASE("convolutions and poolings: simd against scalar") {
  using images = shape<dyn, dyn, dyn, dyn>;
  check_both("conv2d", [](const auto& a, const auto& w, const auto& b) { return conv2d(a, w, b, padding<1>{}); }, images{2, 3, 7, 19}, images{5, 3, 3, 3}, shape<dyn>{5});
  check_both("conv2d, strides and groups", [](const auto& a, const auto& w) { return conv2d(a, w, stride<2, 3>{}, dilation<2>{}, padding<2>{}, groups<2>{}); }, images{2, 4, 9, 19}, images{6, 2, 3, 3});
  check_both("max_pool2d", [](const auto& a) { return max_pool2d(a, window<2>{}); }, images{2, 3, 6, 38});
  check_both("max_pool2d, windows that meet", [](const auto& a) { return max_pool2d(a, window<3>{}, stride<2>{}, padding<1>{}); }, images{2, 3, 7, 41});
  check_both("avg_pool2d", [](const auto& a) { return avg_pool2d(a, window<3>{}, padding<1>{}); }, images{2, 3, 7, 41});
}

}  // namespace tessera::tests
