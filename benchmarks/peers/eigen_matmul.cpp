// SPDX-License-Identifier: BSL-1.0
// Matrix products on Eigen, into a matrix that is there.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

matrix numbers(int rows, int columns) { return Eigen::Map<const matrix>(measure::numbers(rows * columns).data(), rows, columns); }

[[maybe_unused]] const int registered = [] {
  for (const cases::product& p : cases::products)
    measure::add(p.name(), "Eigen", p.amount(), [p] {
      return [p, a = numbers(p.m, p.k), b = p.transposed ? numbers(p.n, p.k) : numbers(p.k, p.n), c = numbers(p.m, p.n)]() mutable {
        if (p.transposed) c.noalias() = a * b.transpose();
        else c.noalias() = a * b;
      };
    });
  return 0;
}();

}  // namespace
