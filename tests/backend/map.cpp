// SPDX-License-Identifier: BSL-1.0
// The ends of rows: registers that overlap the one before, results computed in place, through strides, and past the caches.
#include <tessera/op/op.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace tessera::tests {
namespace {

template <class T>
tensor<T, shape<dyn>> numbers(extent n, int seed) {
  std::vector<T> all(static_cast<std::size_t>(n));
  for (extent i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = static_cast<T>((i * 37 + seed) % 101);
  return {shape<dyn>{n}, all};
}

/// How many elements of z are not f of those of x and y.
template <class T, class F>
extent wrong(const tensor<T, shape<dyn>>& z, const tensor<T, shape<dyn>>& x, const tensor<T, shape<dyn>>& y, F f) {
  extent count = 0;
  for (extent i = 0; i < z.size(); ++i) count += z(i) != f(x(i), y(i));
  return count;
}

template <class T>
void check_chain(extent n) {
  CAPTURE(n);
  const auto x = numbers<T>(n, 1), y = numbers<T>(n, 5);
  tensor<T, shape<dyn>> z = T(2) * x + y;
  CHECK(wrong(z, x, y, [](T a, T b) { return T(2) * a + b; }) == 0);
  z = z * T(3) - y;  // in place
  CHECK(wrong(z, x, y, [](T a, T b) { return (T(2) * a + b) * T(3) - b; }) == 0);
  z = x - y;  // into memory that is there
  CHECK(wrong(z, x, y, [](T a, T b) { return a - b; }) == 0);
}

TEST_SUITE("backend/map") {
  TEST_CASE_TEMPLATE("map: every length, in place and not", T, float, double, std::int32_t, std::int64_t) {
    for (extent n = 0; n < 80; ++n) check_chain<T>(n);
    for (const extent n : {255, 1000, 32769, 100001}) check_chain<T>(n);
  }

  TEST_CASE_TEMPLATE("map: results that no cache holds", T, float, std::int64_t) {
    for (const int extra : {0, 5}) check_chain<T>(backend::streamed_bytes / static_cast<extent>(sizeof(T)) + extra);
  }

  TEST_CASE("map: through the strides of a part of a tensor") {
    for (const extent n : {1, 7, 16, 33, 150, 300}) {
      CAPTURE(n);
      tensor<float, shape<dyn, 3>> z(shape<dyn, 3>{n}, -1.f);
      const auto x = numbers<float>(n, 3);
      slice(z, full_extent, 1) = 2.f * x;
      extent bad = 0;
      for (extent i = 0; i < n; ++i) bad += z(i, 0) != -1 || z(i, 1) != 2 * x(i) || z(i, 2) != -1;
      CHECK(bad == 0);
    }
  }

  TEST_CASE("map: rows whose operands are stretched") {
    for (const extent n : {3, 16, 19, 40}) {
      tensor<float, shape<dyn, 1>> column(shape<dyn, 1>{5}, 2.f);
      const auto row = numbers<float>(n, 4);
      const tensor<float, shape<dyn, dyn>> z = column * row + row;
      extent bad = 0;
      for (extent i = 0; i < 5; ++i)
        for (extent j = 0; j < n; ++j) bad += z(i, j) != 3 * row(j);
      CHECK(bad == 0);
    }
  }
}

}  // namespace
}  // namespace tessera::tests
