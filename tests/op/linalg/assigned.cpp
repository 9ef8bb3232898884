// SPDX-License-Identifier: BSL-1.0
// Products assigned to what they read: an operand is read whole before its first element is written, whatever the sizes.
#include <doctest/doctest.h>
#include <tessera/tessera.hpp>

#include <algorithm>
#include <vector>

namespace tessera::tests {

namespace {

/// Small whole numbers in no order, so that sums of products are exact.
template <class T>
std::vector<T> digits(extent count, int seed) {
  std::vector<T> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>((static_cast<int>(i) * 7 + seed) % 11 - 5);
  return all;
}

/// a [n, n] times b [n, n], row-major, in plain loops.
template <class T>
std::vector<T> product(const std::vector<T>& a, const std::vector<T>& b, std::size_t n) {
  std::vector<T> y(n * n, T(0));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t j = 0; j < n; ++j) y[i * n + j] = static_cast<T>(y[i * n + j] + a[i * n + p] * b[p * n + j]);
  return y;
}

template <class T>
std::vector<T> turned(const std::vector<T>& a, std::size_t n) {
  std::vector<T> y(n * n);
  for (std::size_t i = 0; i < n * n; ++i) y[i] = a[i % n * n + i / n];
  return y;
}

template <class X, class T>
bool holds(const X& x, const std::vector<T>& expected) {
  const auto all = x.span();
  return std::equal(all.begin(), all.end(), expected.begin(), expected.end());
}

/// c = a·b where c is an operand, for the arrays or tensors that `make` gives.
template <class T, class Make>
void check_assignments(Make make, std::size_t n) {
  const auto one = digits<T>(static_cast<extent>(n * n), 1), two = digits<T>(static_cast<extent>(n * n), 4);
  const auto both = product(one, two, n);
  const auto a = make(one), b = make(two);
  auto c = a;
  c = matmul(c, b);
  CHECK(holds(c, both));
  CHECK(holds(a, one));
  c = b;
  c = matmul(a, c);
  CHECK(holds(c, both));
  CHECK(holds(b, two));
  c = a;
  c = matmul(c, c);
  CHECK(holds(c, product(one, one, n)));
  c = a;
  c = matmul(transpose(c), b);
  CHECK(holds(c, product(turned(one, n), two, n)));
  c = a;
  c = c + matmul(c, b);
  auto sum = both;
  for (std::size_t i = 0; i < n * n; ++i) sum[i] = static_cast<T>(sum[i] + one[i]);
  CHECK(holds(c, sum));
}

template <class T, extent N>
void check_size() {
  using S = shape<N, N>;
  CAPTURE(N);
  check_assignments<T>([](const std::vector<T>& v) { return array<T, S>(S{}, v); }, N);
  check_assignments<T>([](const std::vector<T>& v) { return tensor<T, S>(S{}, v); }, N);
  using R = shape<dyn, dyn>;
  check_assignments<T>([](const std::vector<T>& v) { return tensor<T, R>(R{N, N}, v); }, N);
}

template <class T>
void check_sizes() {
  check_size<T, 1>();
  check_size<T, 4>();
  check_size<T, 8>();
  check_size<T, 13>();
  check_size<T, 16>();
  check_size<T, 17>();
  check_size<T, 32>();
  check_size<T, 40>();
}

}  // namespace

TEST_CASE("a product of float is assigned to its operands") { check_sizes<float>(); }
TEST_CASE("a product of double is assigned to its operands") { check_sizes<double>(); }

TEST_CASE("a product is assigned to a part of what it reads") {
  using S = shape<8, 8>;
  const auto one = digits<float>(64, 2), two = digits<float>(64, 5);
  tensor<float, shape<16, 8>> both(shape<16, 8>{}, 0.f);
  slice(both, range<0, 8>) = tensor<float, S>(S{}, one);
  slice(both, range<8, 16>) = tensor<float, S>(S{}, two);
  slice(both, range<4, 12>) = matmul(slice(both, range<0, 8>), slice(both, range<8, 16>));
  const auto expected = product(one, two, 8);
  for (extent i = 0; i < 16; ++i)
    for (extent j = 0; j < 8; ++j) {
      const auto at = [&](const std::vector<float>& v, extent row) { return v[static_cast<std::size_t>(row * 8 + j)]; };
      CHECK(both(i, j) == (i < 4 ? at(one, i) : i < 12 ? at(expected, i - 4) : at(two, i - 8)));
    }
}

}  // namespace tessera::tests
