// SPDX-License-Identifier: BSL-1.0
// Matrix products as three plain loops in the order that a compiler makes most of, where that ends soon.

#include <support/cases.hpp>

namespace {

using measure::numbers;

template <class T>
void multiply(const T* a, const T* b, T* __restrict c, int m, int k, int n) {
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) c[i * n + j] = 0;
    for (int l = 0; l < k; ++l)
      for (int j = 0; j < n; ++j) c[i * n + j] += a[i * k + l] * b[l * n + j];
  }
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) {
    if (!p.transposed_a && !p.transposed_b && p.amount().flop < 1e8)
      measure::add(name, "loop", p.amount(), [p] {
        return [p, a = numbers<T>(p.m * p.k), b = numbers<T>(p.k * p.n), c = numbers<T>(p.m * p.n)]() mutable { multiply(a.data(), b.data(), c.data(), p.m, p.k, p.n); };
      });
  });
  cases::for_each_fixed_product([]<int N>(const cases::product& p, const std::string& name) {
    measure::add(name, "loop", p.amount(), [] {
      return [a = numbers(N * N), b = numbers(N * N), c = numbers(N * N)]() mutable { multiply(a.data(), b.data(), c.data(), N, N, N); };
    });
  });
  return 0;
}();

}  // namespace
