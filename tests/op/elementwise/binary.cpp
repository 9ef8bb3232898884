// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("binary operations on operands of one shape") {
  const golden_file golden("binary_ops.txt");
  binary_ops([&](const auto& op) { check_elementwise(golden, op, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{3, 4}); });
}

}  // namespace tessera::tests
