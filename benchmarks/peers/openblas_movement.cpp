// SPDX-License-Identifier: BSL-1.0
// A transposed copy of OpenBLAS.

#include <support/cases.hpp>

#include <cblas.h>

namespace {

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "OpenBLAS", cases::transposed_work(n), [n] {
      return [n, x = measure::numbers(n * n), y = measure::numbers(n * n)]() mutable { cblas_somatcopy(CblasRowMajor, CblasTrans, n, n, 1, x.data(), n, y.data(), n); };
    });
  return 0;
}();

}  // namespace
