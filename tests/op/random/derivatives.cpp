// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("operations with random numbers: first and second derivatives by finite differences") {
  random_ops([&](const auto& op) {
    std::apply(
        [&](auto... shapes) {
          static constexpr domain of[3];
          std::apply([&](const auto&... x) { check_differences(op.name, erase_call<double, decltype(shapes)...>(op.call), x...); }, operands_of<double>(of, shapes...));
        },
        op.shapes);
  });
}

}  // namespace tessera::tests
