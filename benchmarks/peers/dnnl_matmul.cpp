// SPDX-License-Identifier: BSL-1.0
// Matrix products of oneDNN, into a matrix that is there. Its threads are those of OMP_NUM_THREADS.

#include <support/cases.hpp>

#include <dnnl.h>

namespace {

using measure::numbers;

void add(const cases::product& p, const std::string& name) {
  measure::add(name, "oneDNN", p.amount(), [p] {
    return [p, a = numbers(p.m * p.k), b = numbers(p.k * p.n), c = numbers(p.m * p.n)]() mutable {
      dnnl_sgemm(p.transposed_a ? 'T' : 'N', p.transposed_b ? 'T' : 'N', p.m, p.n, p.k, 1, a.data(), p.transposed_a ? p.m : p.k, b.data(), p.transposed_b ? p.k : p.n, 0,
                 c.data(), p.n);
    };
  });
}

[[maybe_unused]] const int registered = [] {
  for (const cases::product& p : cases::products) add(p, p.name());
  cases::for_each_fixed_product([]<int>(const cases::product& p, const std::string& name) { add(p, name); });
  return 0;
}();

}  // namespace
