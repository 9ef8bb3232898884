// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("softmax and layer_norm at every place") {
  normalizations([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("layer_norm of many rows at every place") {
  const auto normalize = [](const auto& a, const auto& w, const auto& b) { return layer_norm(a, axis<1>, w, b); };
  check_places<double>("many rows", normalize, operand_of<double>(shape<dyn, dyn>{700, 9}, 0), operand_of<double>(shape<dyn>{9}, 1), operand_of<double>(shape<dyn>{9}, 2));
}

}  // namespace tessera::tests
