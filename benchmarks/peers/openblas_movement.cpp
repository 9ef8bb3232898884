// SPDX-License-Identifier: BSL-1.0
// A transposed copy of OpenBLAS.

#include <support/cases.hpp>

#include <cblas.h>

namespace {

[[maybe_unused]] const int registered = [] {
  openblas_set_num_threads(measure::threads());
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "OpenBLAS", cases::transposed_work(n), [n] {
      return [n, x = measure::numbers(n * n), y = measure::numbers(n * n)]() mutable -> auto& {
        cblas_somatcopy(CblasRowMajor, CblasTrans, n, n, 1, x.data(), n, y.data(), n);
        return y;
      };
    });
  return 0;
}();

}  // namespace
