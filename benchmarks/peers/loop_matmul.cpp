// SPDX-License-Identifier: BSL-1.0
// Matrix products as three plain loops in the order that a compiler makes most of, where that ends soon.

#include <support/cases.hpp>

namespace {

using measure::numbers;

void multiply(const float* a, const float* b, float* __restrict c, int m, int k, int n) {
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) c[i * n + j] = 0;
    for (int l = 0; l < k; ++l)
      for (int j = 0; j < n; ++j) c[i * n + j] += a[i * k + l] * b[l * n + j];
  }
}

[[maybe_unused]] const int registered = [] {
  for (const cases::product& p : cases::products)
    if (!p.transposed && p.amount().flop < 1e8)
      measure::add(p.name(), "loop", p.amount(), [p] {
        return [p, a = numbers(p.m * p.k), b = numbers(p.k * p.n), c = numbers(p.m * p.n)]() mutable { multiply(a.data(), b.data(), c.data(), p.m, p.k, p.n); };
      });
  return 0;
}();

}  // namespace
