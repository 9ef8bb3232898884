// SPDX-License-Identifier: BSL-1.0
// The tiny network by hand on Eigen: fixed sizes, forward and backward written out, the gradients of the sample included.

#include <Eigen/Core>
#include <support/cases.hpp>

namespace {

template <int Rows, int Columns>
using matrix = Eigen::Matrix<float, Rows, Columns, Columns == 1 ? Eigen::ColMajor : Eigen::RowMajor>;

template <int Rows, int Columns>
matrix<Rows, Columns> numbers() {
  return Eigen::Map<const matrix<Rows, Columns>>(measure::numbers(Rows * Columns).data());
}

struct parameters {
  matrix<16, 4> w1;
  matrix<16, 1> b1;
  matrix<16, 16> w2;
  matrix<16, 1> b2;
  matrix<1, 16> w3;
  matrix<1, 1> b3;
  matrix<4, 1> x;
};

float value_and_gradients(const parameters& p, parameters& g) {
  const matrix<16, 1> first = (p.w1 * p.x + p.b1).array().tanh();
  const matrix<16, 1> second = (p.w2 * first + p.b2).array().max(0.F);
  const float y = (p.w3 * second + p.b3)(0);
  g.b3(0) = 2 * y;
  g.w3.noalias() = g.b3 * second.transpose();
  g.b2 = (second.array() > 0).select(p.w3.transpose() * g.b3(0), 0.F);
  g.w2.noalias() = g.b2 * first.transpose();
  g.b1.noalias() = p.w2.transpose() * g.b2;
  g.b1.array() *= 1 - first.array().square();
  g.w1.noalias() = g.b1 * p.x.transpose();
  g.x.noalias() = p.w1.transpose() * g.b1;
  return y * y;
}

[[maybe_unused]] const int registered = [] {
  measure::add(cases::tiny_mlp, "Eigen", {}, [] {
    const parameters p{numbers<16, 4>(), numbers<16, 1>(), numbers<16, 16>(), numbers<16, 1>(), numbers<1, 16>(), numbers<1, 1>(), numbers<4, 1>()};
    return [p]() mutable {
      benchmark::DoNotOptimize(p);
      parameters gradients;
      float value = value_and_gradients(p, gradients);
      benchmark::DoNotOptimize(value);
      benchmark::DoNotOptimize(gradients);
    };
  });
  return 0;
}();

}  // namespace
