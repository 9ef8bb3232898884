// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("contractions at every place") {
  contractions([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("products whose sums are long, and products of many elements, at every place") {
  using matrix = shape<dyn, dyn>;
  const auto multiply = [](const auto& a, const auto& b) { return matmul(a, b); };
  check_places<double>("long sums", multiply, operand_of<double>(matrix{5, 700}, 0), operand_of<double>(matrix{700, 3}, 1));
  check_places<double>("many elements", multiply, operand_of<double>(matrix{401, 5}, 0), operand_of<double>(matrix{5, 403}, 1));
}

}  // namespace tessera::tests
