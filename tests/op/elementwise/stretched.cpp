// SPDX-License-Identifier: BSL-1.0
// Operands that the type stretches along an axis which happens to have one element.
#include <doctest/doctest.h>
#include <tessera/tessera.hpp>

#include <vector>

namespace tessera::tests {

namespace {

template <class T, class S>
tensor<T, S> count_from(T first, S shape) {
  std::vector<T> all(static_cast<std::size_t>(shape.size()));
  for (T& x : all) x = first, first = static_cast<T>(first + 1);
  return {shape, all};
}

}  // namespace

TEST_CASE_TEMPLATE("a column is stretched over one column", T, float, double, int) {
  const auto x = count_from(T(1), shape<dyn, dyn>{7, 1});
  const auto column = count_from(T(11), shape<dyn, 1>{7});
  const tensor product = x * column;
  const tensor<T, shape<7, 1>> view = x * transpose(count_from(T(11), shape<1, dyn>{7}));
  const tensor total = sum(x * column + x, axis<0>);
  T expected = 0;
  for (extent i = 0; i < 7; ++i) {
    const T here = static_cast<T>((1 + i) * (11 + i));
    CHECK(product(i, 0) == here);
    CHECK(view(i, 0) == here);
    expected = static_cast<T>(expected + here + x(i, 0));
  }
  CHECK(static_cast<T>(total(0)) == expected);
}

TEST_CASE("a plane is stretched over one, and gradients go to each element") {
  for (int time = 0; time < 3; ++time) {  // the second time in memory that has been written
    variable x(count_from(1.F, shape<3, dyn, dyn>{2, 1}));
    variable plane(count_from(20.F, shape<3, dyn, 1>{2}));
    const variable y = x * plane;
    sum(y * y).backward();
    for (extent i = 0; i < 3; ++i)
      for (extent j = 0; j < 2; ++j) {
        const float a = 1.F + static_cast<float>(2 * i + j), b = 19.F + a;
        CHECK(y.value()(i, j, 0) == a * b);
        CHECK(x.grad()(i, j, 0) == 2 * a * b * b);
        CHECK(plane.grad()(i, j, 0) == 2 * a * a * b);
      }
  }
}

}  // namespace tessera::tests
