// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("binary operations on a column and a row") {
  const golden_file golden("binary_ops.txt");
  binary_ops([&](const auto& op) { check_elementwise(golden, op, shape<dyn, 1>{3}, shape<1, dyn>{4}); });
}

}  // namespace tessera::tests
