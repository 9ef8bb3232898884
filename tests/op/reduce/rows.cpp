// SPDX-License-Identifier: BSL-1.0
// Sums over the first axis, of which several rows are added at once: any number of rows and columns, and operands that move along either axis or none.
#include <doctest/doctest.h>
#include <tessera/tessera.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tessera::tests {

namespace {

using matrix = shape<dyn, dyn>;

/// Small whole numbers in no order, so that their sums are exact.
template <class T>
tensor<T, matrix> digits(extent rows, extent columns, int seed) {
  std::vector<T> all(static_cast<std::size_t>(rows * columns));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>((static_cast<int>(i) * 7 + seed) % 11 - 5);
  return {matrix{rows, columns}, all};
}

/// Does y hold the sums over i of element(i, j)?
template <class Y, class F>
bool holds(const Y& y, extent rows, extent columns, F element) {
  for (extent j = 0; j < columns; ++j) {
    std::int64_t sum = 0;
    for (extent i = 0; i < rows; ++i) sum += static_cast<std::int64_t>(element(i, j));
    if (static_cast<std::int64_t>(y.span()[static_cast<std::size_t>(j)]) != sum) return false;
  }
  return true;
}

template <class T>
void check(extent rows, extent columns) {
  CAPTURE(rows);
  CAPTURE(columns);
  const auto x = digits<T>(rows, columns, 3);
  CHECK(holds(sum(x, axis<0>), rows, columns, [&](extent i, extent j) { return x(i, j); }));
  const tensor<T, shape<dyn, 1>> column(digits<T>(rows, 1, 5));
  const tensor<T, shape<1, dyn>> row(digits<T>(1, columns, 6));
  CHECK(holds(sum(x * column, axis<0>), rows, columns, [&](extent i, extent j) { return x(i, j) * column(i, 0); }));
  CHECK(holds(sum(x * row + x * 2, axis<0>), rows, columns, [&](extent i, extent j) { return x(i, j) * row(0, j) + x(i, j) * 2; }));
  const auto y = digits<T>(columns, rows, 7);
  CHECK(holds(sum(x - transpose(y), axis<0>), rows, columns, [&](extent i, extent j) { return x(i, j) - y(j, i); }));
}

}  // namespace

TEST_CASE("sum over rows: of every small size") {
  for (extent rows = 1; rows <= 18; ++rows)
    for (const extent columns : {1, 2, 7, 8, 15, 16, 17, 40}) {
      check<float>(rows, columns);
      check<double>(rows, columns);
    }
  check<float>(1000, 33);
  check<double>(100, 70);
}

TEST_CASE("sum over rows: of whole numbers, and of numbers that are converted") {
  for (const extent rows : {1, 7, 8, 9, 20})
    for (const extent columns : {1, 5, 8, 16, 21, 70}) {
      CAPTURE(rows);
      CAPTURE(columns);
      check<std::int32_t>(rows, columns);
      check<std::int64_t>(rows, columns);
      const auto small = digits<std::int32_t>(rows, columns, 2);
      const auto large = digits<double>(rows, columns, 4);
      CHECK(holds(sum(small > 0, axis<0>), rows, columns, [&](extent i, extent j) { return small(i, j) > 0; }));
      CHECK(holds(sum(small * large, axis<0>), rows, columns, [&](extent i, extent j) { return small(i, j) * large(i, j); }));
    }
}

TEST_CASE("sum over rows: any number of threads gives equal bits") {
  const int before = num_threads();
  for (const auto& [rows, columns] : {std::pair<extent, extent>{300, 1031}, {40, 5000}, {9000, 17}}) {
    tensor<float, matrix> x(matrix{rows, columns}, 0.F);
    std::uint32_t state = 1;
    for (float& value : x.mutable_span()) value = static_cast<float>((state = state * 1664525U + 1013904223U) >> 8) * 0x1p-24F;
    set_num_threads(1);
    const tensor one = sum(x * x - x, axis<0>);
    for (const int threads : {2, 5}) {
      set_num_threads(threads);
      const tensor many = sum(x * x - x, axis<0>);
      CHECK(std::equal(one.begin(), one.end(), many.begin(), many.end()));
    }
    std::vector<double> exact(static_cast<std::size_t>(columns), 0);
    for (extent i = 0; i < rows * columns; ++i) {
      const double value = static_cast<double>(x.span()[static_cast<std::size_t>(i)]);
      exact[static_cast<std::size_t>(i % columns)] += value * value - value;
    }
    for (extent j = 0; j < columns; ++j) CHECK(static_cast<double>(one(j)) == doctest::Approx(exact[static_cast<std::size_t>(j)]).epsilon(1e-4));
  }
  set_num_threads(before);
}

TEST_CASE("sum over rows: of what is generated, and over the middle of three axes") {
  const tensor<float, shape<dyn, 20>> ones(shape<dyn, 20>{30}, 1.f);
  manual_seed(3);
  const tensor kept(dropout(ones, 0.5));
  manual_seed(3);
  CHECK(holds(sum(dropout(ones, 0.5), axis<0>), 30, 20, [&](extent i, extent j) { return kept(i, j); }));
  const tensor<float, shape<3, 19, 18>> x(reshape(digits<float>(57, 18, 1), shape<3, 19, 18>{}));
  const tensor<float, shape<3, 18>> y = sum(x, axis<1>);
  for (extent a = 0; a < 3; ++a)
    for (extent j = 0; j < 18; ++j) {
      float sum = 0;
      for (extent i = 0; i < 19; ++i) sum += x(a, i, j);
      CHECK(y(a, j) == sum);
    }
}

}  // namespace tessera::tests
