// SPDX-License-Identifier: BSL-1.0
#define TESSERA_REFERENCE_KERNELS 1
#include <backend_diff/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {
namespace {

/// The same roundings in the same order, but for powers (a product of logarithms and powers in the gradient) and for what a
/// gradient sums over a stretched axis: there registers add in another order, by `adds` units of the last place.
template <Element T, class Case, Shape A, Shape B>
void check_pair(const Case& op, double adds, A a, B b) {
  const double power = std::string(op.name) == "pow" ? 2 : 0;
  const std::string title = title_of(op.torch, {a.values(), b.values()});
  check_backends<T>(title, op.call, power, power + adds, T(1), spread_over<T>(a, 0, op.of[0]), spread_over<T>(b, 1, op.of[1]));
}

}  // namespace

TEST_CASE("binary operations: simd against scalar, on full registers and on the rest of a row") {
  binary_ops([](const auto& op) {
    check_pair<float>(op, 0, shape<dyn, dyn>{3, 67}, shape<dyn, dyn>{3, 67});
    check_pair<double>(op, 0, shape<dyn, dyn>{3, 67}, shape<dyn, dyn>{3, 67});
    check_pair<float>(op, 0, shape<dyn, dyn>{1, 16}, shape<dyn, dyn>{1, 16});
  });
}

TEST_CASE("binary operations: simd against scalar, a column stretched along rows") {
  binary_ops([](const auto& op) {
    check_pair<float>(op, 64, shape<dyn, 1>{5}, shape<dyn, dyn>{5, 67});
    check_pair<double>(op, 64, shape<dyn, 1>{5}, shape<dyn, dyn>{5, 67});
  });
}

}  // namespace tessera::tests
