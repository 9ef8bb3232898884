// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("argmax, argmin and the indices of max and min are PyTorch's") {
  const golden_file golden("searches.txt");
  searches([&](const auto& op) {
    std::apply(
        [&](auto... shapes) {
          const std::string title = title_of(op.torch, {shapes.values()...});
          const tensor y = op.call(operand_of<float>(shapes, input_number)...);
          static_assert(std::same_as<typename decltype(y)::element, std::int64_t>);
          check_numbers(title, numbers(y), golden.at(title, "value"), 0);
          const tensor wide = op.call(operand_of<double>(shapes, input_number)...);
          check_numbers(title, numbers(wide), golden.at(title, "value"), 0);
        },
        op.shapes);
  });
}

TEST_CASE("argmax: the first of equals, the first NaN") {
  CHECK(argmax(tensor<float, shape<4>>{1.f, 3.f, 3.f, 2.f}).item() == 1);
  CHECK(argmin(tensor<float, shape<4>>{3.f, 1.f, 3.f, 1.f}).item() == 1);
  const float nan32 = std::numeric_limits<float>::quiet_NaN();
  CHECK(argmax(tensor<float, shape<4>>{1.f, nan32, 3.f, nan32}).item() == 1);
  CHECK(argmin(tensor<float, shape<4>>{1.f, nan32, -3.f, nan32}).item() == 1);
  CHECK(max(tensor<float, shape<2, 2>>{{1.f, nan32}, {2.f, 5.f}}, axis<1>).indices.data()[0] == 1);
}

TEST_CASE("max and argmax of nothing name the operation and the shape") {
  const tensor<float, shape<dyn, dyn>> empty(shape<dyn, dyn>{3, 0}, 0.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(max(empty)), doctest::Contains("tessera::max"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(min(empty, axis<1>)), doctest::Contains("axis 1"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(argmin(empty)), doctest::Contains("no elements"), shape_error);
  // Along the other axis there are rows, but none of them has to choose.
  CHECK(max(empty, axis<0>).values.size() == 0);
}

}  // namespace tessera::tests
