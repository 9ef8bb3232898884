// SPDX-License-Identifier: BSL-1.0
// Matrix products of OpenBLAS, into a matrix that is there.

#include <support/cases.hpp>

#include <cblas.h>

namespace {

using measure::numbers;

[[maybe_unused]] const int registered = [] {
  openblas_set_num_threads(1);
  for (const cases::product& p : cases::products)
    measure::add(p.name(), "OpenBLAS", p.amount(), [p] {
      return [p, a = numbers(p.m * p.k), b = numbers(p.k * p.n), c = numbers(p.m * p.n)]() mutable {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, p.transposed ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, a.data(), p.k, b.data(), p.transposed ? p.k : p.n, 0,
                    c.data(), p.n);
      };
    });
  return 0;
}();

}  // namespace
