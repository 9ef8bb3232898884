// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("convolutions at every place") {
  convolutions([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("convolutions of many elements at every place") {
  check_places<float>("many results", [](const auto& x, const auto& w, const auto& b) { return conv2d(x, w, b, padding<1>{}); }, operand_of<float>(shape<2, 9, 61, 60>{}, 0), operand_of<float>(shape<9, 9, 3, 3>{}, 1),
                      operand_of<float>(shape<9>{}, 2));
  check_places<double>("many weights", [](const auto& x, const auto& w) { return conv2d(x, w, stride<2>{}, padding<1>{}); }, operand_of<double>(shape<2, 24, 6, 5>{}, 0), operand_of<double>(shape<23, 24, 3, 3>{}, 1));
  check_places<double>("many weights in groups", [](const auto& x, const auto& w) { return conv2d(x, w, groups<2>{}); }, operand_of<double>(shape<2, 36, 4, 5>{}, 0), operand_of<double>(shape<26, 18, 3, 3>{}, 1));
}

TEST_CASE("poolings at every place") {
  poolings([](const auto& op) { check_case_at_places(op); });
}

}  // namespace tessera::tests
