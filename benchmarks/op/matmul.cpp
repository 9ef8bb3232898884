// SPDX-License-Identifier: BSL-1.0
// Matrix products: of run-time sizes, each into a new tensor, also with the gradients of both
// operands; and of sizes that the type has, into an array and a tensor that are there.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

template <class T>
ts::tensor<T, ts::shape<ts::dyn, ts::dyn>> numbers(int rows, int columns) {
  return {ts::shape<ts::dyn, ts::dyn>{rows, columns}, measure::numbers<T>(rows * columns)};
}

template <class T>
void add(const cases::product& p, const std::string& name) {
  measure::add(name, "tessera", p.amount<T>(), [p] {
    return [p, a = p.transposed_a ? numbers<T>(p.k, p.m) : numbers<T>(p.m, p.k), b = p.transposed_b ? numbers<T>(p.n, p.k) : numbers<T>(p.k, p.n)] {
      return p.transposed_a ? ts::tensor(ts::matmul(ts::transpose(a), b)) : p.transposed_b ? ts::tensor(ts::linear(a, b)) : ts::tensor(ts::matmul(a, b));
    };
  });
}

template <class Holder>
auto multiply_into(Holder a, Holder b, Holder c) {
  return [=]() mutable -> auto& {
    benchmark::DoNotOptimize(a);
    c = ts::matmul(a, b);
    return c;
  };
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) { add<T>(p, name); });
  cases::for_each_trained_product([](const cases::product& p, const std::string& name, measure::work w) {
    measure::add(name, "tessera", w, [p] {
      return [a = ts::variable(numbers<float>(p.m, p.k)), b = ts::variable(numbers<float>(p.k, p.n)), dc = numbers<float>(p.m, p.n)]() mutable {
        a.zero_grad();
        b.zero_grad();
        ts::matmul(a, b).backward(dc);
        return std::tuple(a.grad(), b.grad());
      };
    });
  });
  cases::for_each_fixed_product([]<int N>(const cases::product& p, const std::string& name) {
    using S = ts::shape<N, N>;
    measure::add(name, "tessera", p.template amount<float>(), [] {
      const ts::array<float, S> x(S{}, measure::numbers(N * N));
      return multiply_into(x, x, x);
    });
    measure::add(name, "tessera, tensors", p.template amount<float>(), [] {
      const ts::tensor<float, S> x(S{}, measure::numbers(N * N));
      return multiply_into(x, x, x);
    });
  });
  return 0;
}();

}  // namespace
