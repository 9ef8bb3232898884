// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("unary operations: value, gradient and second derivative as PyTorch's and as finite differences") {
  const golden_file golden("unary_ops.txt");
  unary_ops([&](const auto& op) { check_elementwise(golden, op, shape<dyn, dyn>{3, 4}); });
}

}  // namespace tessera::tests
