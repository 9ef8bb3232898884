// SPDX-License-Identifier: BSL-1.0
// Matrix products of OpenBLAS, into a matrix that is there.

#include <support/cases.hpp>

#include <cblas.h>

namespace {

using measure::numbers;

template <class T>
void add(const cases::product& p, const std::string& name) {
  measure::add(name, "OpenBLAS", p.amount(), [p] {
    return [p, a = numbers<T>(p.m * p.k), b = numbers<T>(p.k * p.n), c = numbers<T>(p.m * p.n)]() mutable {
      constexpr auto gemm = [] {
        if constexpr (sizeof(T) == 4) return &cblas_sgemm;
        else return &cblas_dgemm;
      }();
      gemm(CblasRowMajor, p.transposed_a ? CblasTrans : CblasNoTrans, p.transposed_b ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, a.data(), p.transposed_a ? p.m : p.k,
           b.data(), p.transposed_b ? p.k : p.n, 0, c.data(), p.n);
    };
  });
}

[[maybe_unused]] const int registered = [] {
  openblas_set_num_threads(measure::threads());
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) { add<T>(p, name); });
  cases::for_each_fixed_product([]<int>(const cases::product& p, const std::string& name) { add<float>(p, name); });
  return 0;
}();

}  // namespace
