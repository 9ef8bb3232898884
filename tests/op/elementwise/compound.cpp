// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("operators that write their first operand: value, gradient and second derivative") {
  const golden_file golden("compound_ops.txt");
  compound_ops([&](const auto& op) { check_shaped(golden, op); });
}

}  // namespace tessera::tests
