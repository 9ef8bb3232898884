// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("softmax, log_softmax and layer_norm: value, gradient and second derivative") {
  const golden_file golden("normalizations.txt");
  normalizations([&](const auto& op) { check_shaped(golden, op); });
}

}  // namespace tessera::tests
