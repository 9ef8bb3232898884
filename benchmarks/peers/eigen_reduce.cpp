// SPDX-License-Identifier: BSL-1.0
// Sums, softmax and argmax on Eigen.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

using matrix = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using vector = Eigen::ArrayXf;

matrix numbers(int n) { return Eigen::Map<const matrix>(measure::numbers(n * n).data(), n, n); }

void add(const char* name, measure::work w, int n, auto y, auto operation) {
  measure::add(name, "Eigen", w, [=] {
    return [=, x = numbers(n)]() mutable {
      operation(x, y);
      benchmark::DoNotOptimize(y);
    };
  });
}

[[maybe_unused]] const int registered = [] {
  using cases::large, cases::middle;
  add(cases::sum_axis_0, cases::sum_work, large, Eigen::Array<float, 1, Eigen::Dynamic>(large), [](const matrix& x, auto& y) { y = x.colwise().sum(); });
  add(cases::sum_axis_1, cases::sum_work, large, vector(large), [](const matrix& x, vector& y) { y = x.rowwise().sum(); });
  add(cases::sum_all, cases::sum_work, large, 0.f, [](const matrix& x, float& y) { y = x.sum(); });
  add(cases::softmax, cases::softmax_work, middle, matrix(middle, middle), [](const matrix& x, matrix& y) {
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      y.row(i) = (x.row(i) - x.row(i).maxCoeff()).exp();
      y.row(i) /= y.row(i).sum();
    }
  });
  add(cases::argmax, cases::argmax_work, middle, std::vector<Eigen::Index>(middle), [](const matrix& x, std::vector<Eigen::Index>& y) {
    for (Eigen::Index i = 0; i < x.rows(); ++i) x.row(i).maxCoeff(&y[static_cast<std::size_t>(i)]);
  });
  return 0;
}();

}  // namespace
