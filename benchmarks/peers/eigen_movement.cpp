// SPDX-License-Identifier: BSL-1.0
// A transposed copy on Eigen.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "Eigen", cases::transposed_work(n), [n] {
      return [x = matrix(Eigen::Map<const matrix>(measure::numbers(n * n).data(), n, n)), y = matrix(n, n)]() mutable -> auto& { return y = x.transpose(); };
    });
  return 0;
}();

}  // namespace
