// SPDX-License-Identifier: BSL-1.0
// Matrix products of OpenBLAS.

#include <peers/gemm.hpp>

#include <cblas.h>

namespace {

template <class T>
void multiply(const cases::product& p, const T* a, const T* b, T* c) {
  constexpr auto gemm = [] {
    if constexpr (sizeof(T) == 4) return &cblas_sgemm;
    else return &cblas_dgemm;
  }();
  gemm(CblasRowMajor, p.transposed_a ? CblasTrans : CblasNoTrans, p.transposed_b ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, a, p.transposed_a ? p.m : p.k, b,
       p.transposed_b ? p.k : p.n, 0, c, p.n);
}

[[maybe_unused]] const int registered = [] {
  openblas_set_num_threads(measure::threads());
  benchmark::AddCustomContext("library: OpenBLAS", openblas_get_config());
  peers::add_products("OpenBLAS", []<class T>(const cases::product& p, const T* a, const T* b, T* c) { multiply(p, a, b, c); });
  return 0;
}();

}  // namespace
