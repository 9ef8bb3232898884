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

template <class T>
void add(const cases::product& p, const std::string& name, auto m, auto k, auto n) {
  measure::add(name, "loop", p.amount<T>(), [=] {
    return [=, a = numbers<T>(m * k), b = numbers<T>(k * n), c = numbers<T>(m * n)]() mutable -> auto& {
      multiply(a.data(), b.data(), c.data(), m, k, n);
      return c;
    };
  });
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) {
    if (!p.transposed_a && !p.transposed_b && p.amount<T>().flop < 1e8) add<T>(p, name, p.m, p.k, p.n);
  });
  cases::for_each_fixed_product([]<int N>(const cases::product& p, const std::string& name) {
    const std::integral_constant<int, N> n;
    add<float>(p, name, n, n, n);
  });
  return 0;
}();

}  // namespace
