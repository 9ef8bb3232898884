// SPDX-License-Identifier: BSL-1.0
#include <tessera/backend/repeated.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace tessera::tests {
namespace {

/// Small whole numbers: their sums are exact in any order.
template <class T>
std::vector<T> whole_numbers(extent count, extent step) {
  std::vector<T> all(static_cast<std::size_t>(count));
  for (extent i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = static_cast<T>(i * step % 7 - 3);
  return all;
}

template <class V>
void check(extent m, extent k, extent n, bool transposed) {
  using T = backend::lane_t<V>;
  CAPTURE(m);
  CAPTURE(k);
  CAPTURE(n);
  CAPTURE(transposed);
  const std::vector<T> a = whole_numbers<T>(m * k, 5), b = whole_numbers<T>(k * n, 3);
  const backend::matrix<T> right = transposed ? backend::matrix<T>{b.data(), 1, k} : backend::matrix<T>{b.data(), n, 1};
  const backend::repeated<V> weight(m, k, n, right);
  REQUIRE(weight.across() >= n);
  REQUIRE(weight.across() < n + backend::width<V>);
  std::vector<T> c(static_cast<std::size_t>(m * weight.across()), T(99));
  for (int again = 0; again < 2; ++again) weight.multiply(m, a.data(), c.data());
  extent wrong = 0;
  for (extent i = 0; i < m; ++i)
    for (extent j = 0; j < weight.across(); ++j) {
      T sum = 0;
      for (extent p = 0; j < n && p < k; ++p) sum += a[static_cast<std::size_t>(i * k + p)] * *right.at(p, j);
      wrong += c[static_cast<std::size_t>(i * weight.across() + j)] != sum;
    }
  CHECK(wrong == 0);
}

template <class V>
void check_all() {
  for (const bool transposed : {false, true}) {
    check<V>(1, 5, 7, transposed);
    check<V>(16, 50, 200, transposed);    // one block
    check<V>(20, 200, 520, transposed);   // blocks of columns
    check<V>(5, 4096, 20, transposed);    // blocks of rows
    check<V>(13, 1500, 100, transposed);  // blocks of both
    check<V>(3, 512, 100, transposed);    // few rows: one block
    check<V>(33, 512, 64, transposed);    // rows of a that would evict each other
  }
}

}  // namespace

TEST_CASE("repeated: products with a matrix that was laid out once, in every way it is cut") {
  check_all<backend::simd_register<float>>();
  check_all<backend::simd_register<double>>();
  const backend::scope reference(backend::kind::scalar);
  check_all<backend::scalar_register<float>>();
}

}  // namespace tessera::tests
