// SPDX-License-Identifier: BSL-1.0
// Sums, argmax and softmax on Eigen, softmax with its gradient too.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

using matrix = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using vector = Eigen::ArrayXf;
using cases::large, cases::middle;

matrix numbers(int rows, int columns) { return Eigen::Map<const matrix>(measure::numbers(rows * columns).data(), rows, columns); }

void add(const char* name, measure::work w, int rows, int columns, auto y, auto operation) {
  measure::add(name, "Eigen", w, [=] {
    return [=, x = numbers(rows, columns)]() mutable -> auto& {
      operation(x, y);
      return y;
    };
  });
}

void softmax(const matrix& x, matrix& y) {
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    y.row(i) = (x.row(i) - x.row(i).maxCoeff()).exp();
    y.row(i) *= 1 / y.row(i).sum();
  }
}

[[maybe_unused]] const int registered = [] {
  add(cases::sum_axis_0, cases::sum_work, large, large, Eigen::Array<float, 1, Eigen::Dynamic>(large), [](const matrix& x, auto& y) { y = x.colwise().sum(); });
  add(cases::sum_axis_1, cases::sum_work, large, large, vector(large), [](const matrix& x, vector& y) { y = x.rowwise().sum(); });
  add(cases::sum_all, cases::sum_work, large, large, 0.f, [](const matrix& x, float& y) { y = x.sum(); });
  add(cases::softmax, cases::softmax_work, middle, middle, matrix(middle, middle), softmax);
  add(cases::argmax, cases::argmax_work, large, middle, std::vector<Eigen::Index>(large), [](const matrix& x, std::vector<Eigen::Index>& y) {
    for (Eigen::Index i = 0; i < x.rows(); ++i) x.row(i).maxCoeff(&y[static_cast<std::size_t>(i)]);
  });
  measure::add(cases::softmax_training, "Eigen", cases::softmax_training_work, [] {
    return [x = numbers(middle, middle), dy = numbers(middle, middle), y = matrix(middle, middle), dx = matrix(middle, middle)]() mutable -> auto& {
      softmax(x, y);
      for (Eigen::Index i = 0; i < x.rows(); ++i) dx.row(i) = y.row(i) * (dy.row(i) - (y.row(i) * dy.row(i)).sum());
      return dx;
    };
  });
  return 0;
}();

}  // namespace
