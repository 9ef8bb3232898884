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

TEST_CASE("batches of products at every place") {
  const auto multiply = [](const auto& a, const auto& b) { return matmul(a, b); };
  check_places<double>("a batch", multiply, operand_of<double>(shape<3, 2, 4>{}, 0), operand_of<double>(shape<3, 4, 5>{}, 1));
  check_places<double>("stretched both ways", multiply, operand_of<double>(shape<2, 1, 3, 4>{}, 0), operand_of<double>(shape<1, 3, 4, 2>{}, 1));
  check_places<float>("one right operand", multiply, operand_of<float>(shape<2, 3, 1, 4>{}, 0), operand_of<float>(shape<4, 2>{}, 1));
  check_places<double>("heads of attention", [](const auto& q, const auto& k) { return matmul(permute(q, axes<0, 2, 1, 3>), permute(k, axes<0, 2, 3, 1>)); }, operand_of<double>(shape<2, 3, 2, 4>{}, 0), operand_of<double>(shape<2, 3, 2, 4>{}, 1));
  check_places<double>("a batch of long sums", multiply, operand_of<double>(shape<2, 3, 300>{}, 0), operand_of<double>(shape<2, 300, 2>{}, 1));
  check_places<double>("a batch of many elements", multiply, operand_of<double>(shape<2, 260, 3>{}, 0), operand_of<double>(shape<2, 3, 262>{}, 1));
}

}  // namespace tessera::tests
