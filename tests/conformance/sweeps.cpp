// SPDX-License-Identifier: BSL-1.0
// Backward sweeps in which leaves are stretched: over outer axes, the inner one, all; many elements, so that several items share a sum.
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("adjoints of stretched leaves at every place") {
  const auto all = [](const auto& x, const auto& w, const auto& b) { return tanh(x * w) + b * w; };
  check_places<double>("rows", all, operand_of<double>(shape<40, 7>{}, 0), operand_of<double>(shape<7>{}, 1), operand_of<double>(shape<7>{}, 2));
  check_places<double>("columns", all, operand_of<double>(shape<7, 40>{}, 0), operand_of<double>(shape<7, 1>{}, 1), operand_of<double>(shape<7, 1>{}, 2));
  check_places<double>("a row and a column", all, operand_of<double>(shape<30, 50>{}, 0), operand_of<double>(shape<50>{}, 1), operand_of<double>(shape<30, 1>{}, 2));
  check_places<double>("a row and a number", all, operand_of<double>(shape<30, 50>{}, 0), operand_of<double>(shape<50>{}, 1), operand_of<double>(shape<>{}, 2));
  check_places<double>("numbers", all, operand_of<double>(shape<9, 11>{}, 0), operand_of<double>(shape<>{}, 1), operand_of<double>(shape<>{}, 2));
  check_places<double>("channels", all, operand_of<double>(shape<4, 6, 5, 3>{}, 0), operand_of<double>(shape<6, 1, 1>{}, 1), operand_of<double>(shape<1, 6, 1, 3>{}, 2));
  check_places<double>("the middle", all, operand_of<double>(shape<5, 1, 6>{}, 0), operand_of<double>(shape<5, 40, 6>{}, 1), operand_of<double>(shape<1, 40, 1>{}, 2));
}

TEST_CASE("adjoints of stretched leaves that read one tensor, at every place") {
  check_places<double>("as row and column", [](const auto& x, const auto& v) { return x * v * unsqueeze(v, axis<1>); }, operand_of<double>(shape<20, 20>{}, 0), operand_of<double>(shape<20>{}, 1));
  check_places<double>("turned and stretched", [](const auto& x, const auto& v) { return x * transpose(x) + sum(x) * v; }, operand_of<double>(shape<20, 20>{}, 0), operand_of<double>(shape<20>{}, 1));
  check_places<double>("a part of it", [](const auto& x) { return x * slice(x, range<2, 3>) + slice(x, full_extent, range<1, 2>); }, operand_of<double>(shape<30, 6>{}, 0));
}

TEST_CASE("long sums in sweeps and reductions at every place") {
  const auto all = [](const auto& x, const auto& w) { return x * w * w; };
  check_places<double>("a row", all, operand_of<double>(shape<3000, 3>{}, 0), operand_of<double>(shape<3>{}, 1));
  check_places<double>("a column", all, operand_of<double>(shape<2, 20000>{}, 0), operand_of<double>(shape<2, 1>{}, 1));
  check_places<double>("a number", all, operand_of<double>(shape<3, 9001>{}, 0), operand_of<double>(shape<>{}, 1));
  check_places<double>("sum along", [](const auto& x) { return sum(x * x, axis<1>); }, operand_of<double>(shape<2, 20000>{}, 0));
  check_places<double>("sum across", [](const auto& x) { return sum(x * x, axis<0>); }, operand_of<double>(shape<3000, 3>{}, 0));
  check_places<double>("sum of all", [](const auto& x) { return sum(x * x); }, operand_of<double>(shape<3, 9001>{}, 0));
  check_places<double>("largest of all", [](const auto& x) { return max(x); }, operand_of<double>(shape<3, 9001>{}, 0));
}

}  // namespace tessera::tests
