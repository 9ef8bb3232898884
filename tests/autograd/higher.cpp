// SPDX-License-Identifier: BSL-1.0
#include <support/golden.hpp>
#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {
namespace {

using vector = tensor<double, shape<3>>;

/// The derivative of order n of a sum of f over the elements, by differentiating gradients again.
template <class F>
[[nodiscard]] std::vector<double> derivative(int order, const F& f, const vector& at) {
  variable<double, shape<3>> x(at);
  variable<double, shape<3>> y = f(x);
  for (int i = 0; i < order; ++i) {
    x.zero_grad();
    variable(sum(y)).backward(create_graph);
    y = x.grad_variable();
  }
  x.zero_grad();  // the last gradient was computed from x and x holds it: nothing else would end that
  return numbers(y.value());
}

template <class F, class D>
void check_third(const char* name, const F& f, const D& third) {
  const vector at{0.5, 1.25, 2.0};
  const std::vector<double> got = derivative(3, f, at);
  CAPTURE(name);
  for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == doctest::Approx(third(at.data()[i])).epsilon(1e-12));
}

}  // namespace

TEST_CASE("create_graph: third derivatives") {
  check_third("x⁴", [](const auto& x) { return x * x * x * x; }, [](double x) { return 24 * x; });
  check_third("pow", [](const auto& x) { return pow(x, 3.5); }, [](double x) { return 3.5 * 2.5 * 1.5 * std::sqrt(x); });
  check_third("exp", [](const auto& x) { return exp(2.0 * x); }, [](double x) { return 8 * std::exp(2 * x); });
  check_third("log", [](const auto& x) { return log(x); }, [](double x) { return 2 / (x * x * x); });
  check_third("sin", [](const auto& x) { return sin(x); }, [](double x) { return -std::cos(x); });
  check_third("1/x", [](const auto& x) { return 1.0 / x; }, [](double x) { return -6 / (x * x * x * x); });
  check_third("sqrt", [](const auto& x) { return sqrt(x); }, [](double x) { return 0.375 * std::pow(x, -2.5); });
  check_third("tanh", [](const auto& x) { return tanh(x); }, [](double x) {
    const double t = std::tanh(x), s = 1 - t * t;
    return -2 * s * s + 4 * t * t * s;
  });
  check_third("sigmoid", [](const auto& x) { return sigmoid(x); }, [](double x) {
    const double y = 1 / (1 + std::exp(-x));
    return y * (1 - y) * (1 - 6 * y + 6 * y * y);
  });
}

TEST_CASE("create_graph: tenth derivative of sin") {
  const vector at{0.5, 1.25, 2.0};
  const std::vector<double> got = derivative(10, [](const auto& x) { return sin(x); }, at);
  for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == doctest::Approx(-std::sin(at.data()[i])).epsilon(1e-12));
}

TEST_CASE("create_graph: a gradient in a loss, by two leaves") {
  // f = Σ a² b; the penalty |∂f/∂a|² = Σ 4 a² b² has the gradients 8 a b² and 8 a² b.
  variable<double, shape<3>> a(vector{1.0, 2.0, 3.0}), b(vector{0.5, -1.0, 2.0});
  variable(sum(a * a * b)).backward(create_graph);
  const variable slope = a.grad_variable();
  CHECK(slope.requires_grad());
  a.zero_grad();
  b.zero_grad();
  variable(sum(square(slope))).backward();
  for (int i = 0; i < 3; ++i) {
    const double x = a.data()[i], y = b.data()[i];
    CHECK(a.grad().data()[i] == doctest::Approx(8 * x * y * y));
    CHECK(b.grad().data()[i] == doctest::Approx(8 * x * x * y));
  }
}

TEST_CASE("create_graph: gradients that add up can still be differentiated") {
  variable<double, shape<3>> x(vector{1.0, 2.0, 3.0});
  variable(sum(x * x * x)).backward(create_graph);
  variable(sum(x * x)).backward(create_graph);
  const variable total = x.grad_variable();  // 3x² + 2x
  CHECK(numbers(total.value()) == std::vector<double>{5, 16, 33});
  x.zero_grad();
  variable(sum(total)).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{8, 14, 20});
}

TEST_CASE("create_graph: through matmul, softmax and a broadcast sum") {
  variable<double, shape<2, 2>> w(tensor<double, shape<2, 2>>{{0.5, -1.0}, {2.0, 0.25}});
  const tensor<double, shape<2, 1>> x{{1.0}, {-2.0}};
  // f = |w x|⁴ / 4: the gradient is |wx|² (wx) xᵀ.
  const auto f = [&] {
    const variable y = sum(square(matmul(w, x)));
    return variable(y * y * 0.25);
  };
  f().backward(create_graph);
  const variable g = w.grad_variable();
  w.zero_grad();
  variable(sum(g)).backward();
  const std::vector<double> exact = numbers(w.grad());
  // Central differences of the gradient.
  for (std::size_t k = 0; k < 4; ++k) {
    const double step = 1e-5;
    double moved[2];
    for (int side = 0; side < 2; ++side) {
      w.mutable_span()[k] += side == 0 ? step : -2 * step;
      w.zero_grad();
      f().backward();
      moved[side] = sum(w.grad()).item();
    }
    w.mutable_span()[k] += step;
    CHECK(exact[k] == doctest::Approx((moved[0] - moved[1]) / (2 * step)).epsilon(1e-7));
  }
}

TEST_CASE("without create_graph a gradient is a constant") {
  variable<double, shape<3>> x(vector{1.0, 2.0, 3.0});
  variable(sum(x * x)).backward();
  CHECK_FALSE(x.grad_variable().requires_grad());
  variable(sum(x * x)).backward(create_graph);
  CHECK(x.grad_variable().requires_grad());
  x.zero_grad();
  CHECK_FALSE(x.has_grad());
}

}  // namespace tessera::tests
