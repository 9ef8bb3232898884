// SPDX-License-Identifier: BSL-1.0
// Sums over one axis as OpenBLAS has them: products with a vector of ones.

#include <support/cases.hpp>

#include <cblas.h>

namespace {

void add(const char* name, CBLAS_TRANSPOSE transpose) {
  using cases::large;
  measure::add(name, "OpenBLAS", cases::sum_work, [=] {
    return [=, x = measure::numbers(large * large), ones = measure::buffer(large, 1.f), y = measure::numbers(large)]() mutable -> auto& {
      cblas_sgemv(CblasRowMajor, transpose, large, large, 1, x.data(), large, ones.data(), 1, 0, y.data(), 1);
      return y;
    };
  });
}

[[maybe_unused]] const int registered = [] {
  openblas_set_num_threads(measure::threads());
  add(cases::sum_axis_0, CblasTrans);
  add(cases::sum_axis_1, CblasNoTrans);
  return 0;
}();

}  // namespace
