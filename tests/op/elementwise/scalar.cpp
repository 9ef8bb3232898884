// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("operations of an operand and a number: value, gradient and second derivative") {
  const golden_file golden("scalar_ops.txt");
  scalar_ops([&](const auto& op) { check_elementwise(golden, op, shape<dyn, dyn>{3, 4}); });
}

}  // namespace tessera::tests
