// SPDX-License-Identifier: BSL-1.0
#define TESSERA_REFERENCE_KERNELS 1
#include <backend_diff/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {
namespace {

/// How far a case may be apart, in units of the last place, and where its operands lie.
struct bound {
  double value, grad;
  domain of{-4, 4};
};

/// Everything not named here is exact: the same roundings in the same order. The reference calls the standard library, which
/// is within 1 ULP; the rest is the registers' own functions, 2 ULP but for erf of doubles. Where 1 - y, 1 - y * y or 1 + erf(x)
/// cancel, an error of the last place grows a hundredfold.
const std::map<std::string, bound> bounds{
    {"torch.exp(a)", {2, 2, {-80, 80}}},
    {"torch.log(a)", {2, 0, {0.001, 1000}}},
    {"torch.log1p(a)", {2, 0, {-0.9, 100}}},
    {"torch.sin(a)", {2, 2, {-100, 100}}},
    {"torch.cos(a)", {2, 2, {-100, 100}}},
    {"torch.erf(a)", {70, 4}},
    {"torch.sigmoid(a)", {4, 100, {-20, 20}}},
    {"torch.tanh(a)", {2, 200, {-3, 3}}},
    {"torch.nn.functional.gelu(a)", {1000, 1000, {-2, 4}}},
    {"a ** -1.5", {1, 1}},
    {"a ** 2", {1, 0}},
    {"a ** 3", {1, 2}},
    {"2 ** a", {1, 2}},
    {"a ** b", {1, 2, {0.5, 4}}},
};

template <Element T, class Case, Shape... S>
void check_case(const Case& op, S... shapes) {
  const auto found = bounds.find(op.torch);
  int k = 0;
  const auto make = [&](auto shape) {
    const int number = k++;
    return spread_over<T>(shape, number, found == bounds.end() ? op.of[number] : found->second.of);
  };
  const std::tuple<tensor<T, S>...> x{make(shapes)...};
  const bound b = found == bounds.end() ? bound{0, 0} : found->second;
  std::apply([&](const auto&... each) { check_backends<T>(title_of(op.torch, {shapes.values()...}), op.call, b.value, b.grad, T(0.01), each...); }, x);
}

}  // namespace

TEST_CASE("unary operations: simd against scalar, on full registers and on the rest of a row") {
  unary_ops([](const auto& op) {
    check_case<float>(op, shape<dyn, dyn>{30, 67});
    check_case<double>(op, shape<dyn, dyn>{30, 67});
    check_case<float>(op, shape<dyn, dyn>{1, 1});
    check_case<double>(op, shape<dyn, dyn>{1, 16});
  });
}

TEST_CASE("operations of an operand and a number: simd against scalar") {
  scalar_ops([](const auto& op) {
    check_case<float>(op, shape<dyn, dyn>{3, 67});
    check_case<double>(op, shape<dyn, dyn>{3, 67});
  });
}

}  // namespace tessera::tests
