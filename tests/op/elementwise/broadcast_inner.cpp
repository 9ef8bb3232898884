// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("binary operations that stretch an inner axis of each operand") {
  const golden_file golden("binary_ops.txt");
  binary_ops([&](const auto& op) { check_elementwise(golden, op, shape<dyn, 1, dyn>{2, 4}, shape<dyn, 1>{3}); });
}

}  // namespace tessera::tests
