// SPDX-License-Identifier: BSL-1.0
// layer_norm on Eigen, alone and with its gradients.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

using cases::norm_columns, cases::norm_rows;
using matrix = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using row = Eigen::Array<float, 1, Eigen::Dynamic>;
using column = Eigen::ArrayXf;

matrix many() { return Eigen::Map<const matrix>(measure::numbers(norm_rows * norm_columns).data(), norm_rows, norm_columns); }
row few() { return Eigen::Map<const row>(measure::numbers(norm_columns).data(), norm_columns); }

struct layer {
  matrix x = many(), y = many();
  row w = few(), b = few();
  column mean = column(norm_rows), scale = column(norm_rows);

  void forward() {
    for (Eigen::Index i = 0; i < norm_rows; ++i) {
      mean[i] = x.row(i).mean();
      scale[i] = 1 / std::sqrt((x.row(i) - mean[i]).square().mean() + 1e-5f);
      y.row(i) = (x.row(i) - mean[i]) * scale[i] * w + b;
    }
  }
  void backward(const matrix& dy, matrix& dx, row& dw, row& db) const {
    dw.setZero();
    db.setZero();
    row normal(norm_columns), g(norm_columns);
    for (Eigen::Index i = 0; i < norm_rows; ++i) {
      normal = (x.row(i) - mean[i]) * scale[i];
      g = dy.row(i) * w;
      dw += dy.row(i) * normal;
      db += dy.row(i);
      dx.row(i) = scale[i] * (g - g.mean() - normal * (g * normal).mean());
    }
  }
};

[[maybe_unused]] const int registered = [] {
  measure::add(cases::layer_norm, "Eigen", cases::layer_norm_work, [] {
    return [l = layer()]() mutable -> auto& {
      l.forward();
      return l.y;
    };
  });
  measure::add(cases::layer_norm_training, "Eigen", cases::layer_norm_training_work, [] {
    return [l = layer(), dy = many(), dx = many(), dw = few(), db = few()]() mutable {
      l.forward();
      l.backward(dy, dx, dw, db);
      return std::tie(dx, dw, db);
    };
  });
  return 0;
}();

}  // namespace
