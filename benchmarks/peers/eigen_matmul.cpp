// SPDX-License-Identifier: BSL-1.0
// Matrix products on Eigen, into matrices that are there.

#include <support/cases.hpp>

#include <Eigen/Core>

namespace {

template <class T, int Rows = Eigen::Dynamic, int Columns = Eigen::Dynamic>
using matrix = Eigen::Matrix<T, Rows, Columns, Eigen::RowMajor>;

template <class M>
M numbers(int rows, int columns) {
  return Eigen::Map<const M>(measure::numbers<typename M::Scalar>(rows * columns).data(), rows, columns);
}

template <class T>
void add(const cases::product& p, const std::string& name) {
  measure::add(name, "Eigen", p.amount<T>(), [p] {
    using M = matrix<T>;
    return [p, a = p.transposed_a ? numbers<M>(p.k, p.m) : numbers<M>(p.m, p.k), b = p.transposed_b ? numbers<M>(p.n, p.k) : numbers<M>(p.k, p.n), c = numbers<M>(p.m, p.n)]() mutable -> auto& {
      if (p.transposed_a) c.noalias() = a.transpose() * b;
      else if (p.transposed_b) c.noalias() = a * b.transpose();
      else c.noalias() = a * b;
      return c;
    };
  });
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) { add<T>(p, name); });
  cases::for_each_trained_product([](const cases::product& p, const std::string& name, measure::work w) {
    measure::add(name, "Eigen", w, [p] {
      using M = matrix<float>;
      return [a = numbers<M>(p.m, p.k), b = numbers<M>(p.k, p.n), c = M(p.m, p.n), da = M(p.m, p.k), db = M(p.k, p.n), dc = numbers<M>(p.m, p.n)]() mutable {
        c.noalias() = a * b;
        da.noalias() = dc * b.transpose();
        db.noalias() = a.transpose() * dc;
        return std::tie(da, db);
      };
    });
  });
  cases::for_each_fixed_product([]<int N>(const cases::product& p, const std::string& name) {
    measure::add(name, "Eigen", p.amount<float>(), [] {
      using M = matrix<float, N, N>;
      return [a = numbers<M>(N, N), b = numbers<M>(N, N), c = numbers<M>(N, N)]() mutable -> auto& {
        benchmark::DoNotOptimize(a);
        c.noalias() = a * b;
        return c;
      };
    });
  });
  return 0;
}();

}  // namespace
