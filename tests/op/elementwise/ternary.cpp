// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("operations of three operands") {
  const golden_file golden("ternary_ops.txt");
  ternary_ops([&](const auto& op) {
    check_elementwise(golden, op, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{3, 4});
    check_elementwise(golden, op, shape<dyn, dyn>{3, 4}, shape<dyn>{4}, shape<dyn, 1>{3});
    check_elementwise(golden, op, shape<dyn>{4}, shape<dyn, 1>{3}, shape<>{});
  });
}

}  // namespace tessera::tests
