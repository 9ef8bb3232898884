// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/functional.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <tuple>
#include <type_traits>

namespace tessera::tests {
namespace {

constexpr bool near(double a, double b, double relative = 1e-14) {
  const double scale = relative * (1 + (b < 0 ? -b : b));
  return a - b <= scale && b - a <= scale;
}

// The compiler itself checks these.
constexpr auto poly = [](auto x) { return x * x + 3 * x + 1; };
static_assert(poly(2.0) == 11.0 && grad(poly)(2.0) == 7.0 && grad(poly)(2.f) == 7.f);
static_assert(std::is_same_v<decltype(grad(poly)(2.f)), float>);
static_assert(value_and_grad(poly)(2.0).value == 11.0 && value_and_grad(poly)(2.0).gradients == 7.0);
static_assert(grad(grad(poly))(2.0) == 2.0 && grad(grad(grad(poly)))(2.0) == 0.0);
static_assert(grad(grad(grad([](auto x) { return x * x * x * x; })))(2.0) == 48.0);

constexpr auto branches = [](auto x) {
  auto y = x;
  for (int i = 0; i < 5; ++i) {
    if (y > 3) y = y / 2;
    else y *= x;
  }
  return y;  // x⁴/4 at 2: 4, 2, 4, 2, 4
};
static_assert(branches(2.0) == 4.0 && near(grad(branches)(2.0), 4 * 8.0 / 4));

static_assert(near(grad([](auto x) { return exp(sin(x)); })(0.5), 1.4174242246593913));
static_assert(near(grad([](auto x) { return pow(x, 3) + pow(2.0, x) + sqrt(x); })(4.0), 48 + 16 * 0.6931471805599453 + 0.25));
static_assert(grad([](auto x) { return relu(x) + abs(x) + maximum(x, 1) + clamp(x, -1, 1) + square(x); })(-2.0) == -5.0);
static_assert(grad(grad([](auto x) { return relu(x) * x + where(x > 0, x * x, 0); }))(2.0) == 4.0);
static_assert(near(grad(grad([](auto x) { return tanh(x) + log(x) + sigmoid(x); }))(1.0), -0.6397000084492246 - 1 - 0.09085774767294841));

constexpr auto two = grad([](auto a, auto b) { return a * b + b; })(3.0, 4.0);
static_assert(std::get<0>(two) == 4.0 && std::get<1>(two) == 4.0);
constexpr auto with_integer = grad([](auto x, auto n) { return x * n; })(2.0, 3);
static_assert(std::get<0>(with_integer) == 3.0 && std::is_same_v<std::tuple_element_t<1, decltype(with_integer)>, const no_gradient>);
struct options {
  double scale;
};
static_assert(std::get<0>(grad([](auto x, const options& o) { return x * x * o.scale; })(2.0, options{3.0})) == 12.0);
static_assert(grad([](auto) { return 5.0; })(1.0) == 0.0 && grad([](auto x) { return detach(x) * x; })(3.0) == 3.0);

constexpr array matrix{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
constexpr array row{1.0, 10.0, 100.0};
constexpr auto of_arrays = value_and_grad([](auto m, auto r) { return sum(matmul(m, r) * 2); })(matrix, row);
static_assert(of_arrays.value == 2 * (321 + 654) && std::get<0>(of_arrays.gradients)(1, 2) == 200.0 && std::get<1>(of_arrays.gradients)(0) == 10.0);
static_assert(std::is_same_v<decltype(grad([](auto m) { return sum(m); })(matrix)), array<double, shape<2, 3>>>);
static_assert(near(grad([](auto m) { return mean(m * row); })(matrix)(0, 2), 100.0 / 6));      // an array of outside
static_assert(grad([](auto r) { return sum(matrix * r); })(row)(1) == 7.0);                   // stretched over rows
static_assert(grad([](auto s) { return sum(matrix * s); })(2.0) == 21.0);                     // a number over everything
static_assert(grad([](auto m) { return max(m) + sum(max(m, axis<0>).values); })(matrix)(1, 2) == 2.0);
static_assert(grad([](auto m) { return sum(slice(m, 0, range<1, 3>) * 2) + select(flatten(m), axis<0>, 4); })(matrix)(0, 1) == 2.0);
static_assert(grad([](auto r) { return sum(concat(axis<0>, r, square(r), row) * concat(axis<0>, row, row, r)); })(row)(1) == 10 + 2 * 100 + 10.0);
static_assert(grad([](auto r) { return sum(softmax(r, axis<0>)); })(array{1.0, 2.0})(0) < 1e-15);

// A value that is used twice is one node: 40 doublings are 40 additions, for the compiler and for the program.
constexpr auto doubled = [](auto x) {
  for (int i = 0; i < 40; ++i) x = x + x;
  return x;
};
static_assert(grad(doubled)(1.0) == 1099511627776.0);
static_assert(grad([](auto x) {
                const auto a = x * x, b = a + a, c = b * b, d = c + c, e = d * d, f = e + e, g = f - f, h = g + x;
                return h * h;
              })(1.0) == 2.0);

/// The largest difference of two operands of one shape, relative to 1 or to the element.
template <class A, class B>
double difference(const A& a, const B& b) {
  const tensor<double, shape_t<A>> x(cast<double>(a)), y(cast<double>(b));
  double worst = 0;
  for (extent i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x.data()[i] - y.data()[i]) / std::max(1.0, std::abs(y.data()[i])));
  return x.size() == y.size() ? worst : 1;
}

template <class T, extent... E>
array<T, shape<E...>> numbers(shape<E...>, int seed) {
  array<T, shape<E...>> x;
  for (extent i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(std::sin(static_cast<double>(i * 7 + seed * 13 + 1)));
  return x;
}

template <class... G>
std::tuple<G...> as_tuple(const std::tuple<G...>& all) { return all; }
template <class G>
std::tuple<G> as_tuple(const G& only) { return only; }

/// Does the gradient of f on arrays agree with that on tensors, and with central differences?
template <class F, class... X>
void check_gradient(const F& f, const X&... x) {
  const auto fixed = value_and_grad(f)(x...);
  const auto dynamic = value_and_grad(f)(tensor<double, shape_t<X>>(x)...);
  CHECK(near(fixed.value, dynamic.value, 1e-12));
  const auto fixed_gradients = as_tuple(fixed.gradients);
  const auto dynamic_gradients = as_tuple(dynamic.gradients);
  const auto one = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    const auto& given = std::get<I>(fixed_gradients);
    CHECK(difference(given, std::get<I>(dynamic_gradients)) < 1e-12);
    for (extent i = 0; i < given.size(); ++i) {
      const auto moved = [&](double step) {
        auto at = std::tuple{x...};
        std::get<I>(at).data()[i] += step;
        return std::apply([&](const auto&... y) { return tensor(f(y...)).item(); }, at);
      };
      CHECK(near(given.data()[i], (moved(1e-6) - moved(-1e-6)) / 2e-6, 1e-7));
    }
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (one(std::integral_constant<std::size_t, I>{}), ...); }(std::index_sequence_for<X...>{});
}

const auto m35 = numbers<double>(shape<3, 5>{}, 1);
const auto n35 = numbers<double>(shape<3, 5>{}, 2);
const auto v5 = numbers<double>(shape<5>{}, 3);

}  // namespace

TEST_CASE("grad: elementwise operations on arrays, with every kind of broadcasting") {
  const auto f = [](const auto& a, const auto& b) { return sum(sin(a) * exp(b) + tanh(a * b) / (2 + square(b)) - a); };
  check_gradient(f, m35, n35);
  check_gradient(f, m35, v5);
  check_gradient(f, v5, m35);
  check_gradient(f, m35, numbers<double>(shape<3, 1>{}, 4));
  check_gradient(f, m35, numbers<double>(shape<1, 1>{}, 5));
  check_gradient(f, numbers<double>(shape<>{}, 6), m35);
  check_gradient(f, numbers<double>(shape<17>{}, 8), numbers<double>(shape<17>{}, 9));
}

TEST_CASE("grad: reductions, products and movement on arrays") {
  check_gradient([](const auto& a) { return sum(square(mean(a, axis<0>)) * var(a, axis<0>)); }, m35);
  check_gradient([](const auto& a) { return sum(exp(sum(a, axis<1>, keepdim)) * a); }, m35);
  check_gradient([](const auto& a) { return max(a) + sum(square(max(a, axis<1>).values)) + sum(min(a, axis<0>, keepdim).values * a); }, m35);
  check_gradient([](const auto& a, const auto& b) { return sum(square(matmul(a, transpose(b)))); }, m35, n35);
  check_gradient([](const auto& a, const auto& b) { return sum(tanh(matmul(a, b))); }, m35, v5);
  check_gradient([](const auto& a, const auto& b) { return sum(tanh(matmul(a, b))); }, numbers<double>(shape<2, 1, 3, 4>{}, 1), numbers<double>(shape<5, 4, 2>{}, 2));
  check_gradient([](const auto& x, const auto& w, const auto& b) { return sum(square(linear(x, w, b))); }, m35, numbers<double>(shape<4, 5>{}, 2), numbers<double>(shape<4>{}, 3));
  check_gradient([](const auto& x, const auto& w) { return sum(square(linear(x, w))); }, v5, numbers<double>(shape<4, 5>{}, 2));
  check_gradient([](const auto& a) { return sum(square(softmax(a, axis<1>)) * a) - sum(log_softmax(a, axis<0>) * a); }, m35);
  check_gradient([](const auto& a) { return sum(permute(unsqueeze(a, axis<0>), axes<2, 0, 1>) * square(permute(unsqueeze(a, axis<0>), axes<2, 0, 1>))); }, m35);
  check_gradient([](const auto& a) { return sum(square(reshape(a, shape<5, 3>{})) * transpose(a)); }, m35);
}

namespace {

/// A network 4-16-16-1 and its squared error.
constexpr auto network = [](const auto& w1, const auto& b1, const auto& w2, const auto& b2, const auto& w3, const auto& b3, const auto& x, const auto& target) {
  const auto h1 = tanh(linear(x, w1, b1));
  const auto h2 = relu(linear(h1, w2, b2));
  return mean(square(linear(h2, w3, b3) - target));
};

template <class T, class F>
auto with_parameters(const F& f) {
  return f(numbers<T>(shape<16, 4>{}, 1), numbers<T>(shape<16>{}, 2), numbers<T>(shape<16, 16>{}, 3), numbers<T>(shape<16>{}, 4), numbers<T>(shape<1, 16>{}, 5), numbers<T>(shape<1>{}, 6));
}

}  // namespace

TEST_CASE("grad: a small network on arrays has the gradient of the same network on tensors") {
  const auto check = [](const auto& x, const auto& target) {
    using T = element_t<decltype(x)>;
    with_parameters<T>([&](const auto&... p) {
      const auto fixed = value_and_grad(network)(p..., x, target);
      const auto dynamic = value_and_grad(network)(tensor(p)..., tensor(x), tensor(target));
      const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;
      CHECK(near(fixed.value, dynamic.value, tolerance));
      CHECK(difference(std::get<0>(fixed.gradients), std::get<0>(dynamic.gradients)) < tolerance);
      CHECK(difference(std::get<2>(fixed.gradients), std::get<2>(dynamic.gradients)) < tolerance);
      CHECK(difference(std::get<5>(fixed.gradients), std::get<5>(dynamic.gradients)) < tolerance);
      CHECK(difference(std::get<6>(fixed.gradients), std::get<6>(dynamic.gradients)) < tolerance);
    });
  };
  check(numbers<double>(shape<4>{}, 7), array{0.25});
  check(numbers<double>(shape<8, 4>{}, 7), numbers<double>(shape<8, 1>{}, 8));
  check(numbers<float>(shape<3, 4>{}, 7), numbers<float>(shape<3, 1>{}, 8));
}

TEST_CASE("grad: second derivatives of functions of arrays") {
  // The gradient of g·v is the Hessian times v: here by the dynamic graph and by differences of gradients.
  const auto check = [](const auto& f, const auto& at) {
    using S = shape_t<decltype(at)>;
    const auto along = numbers<double>(S{}, 9);
    const auto directional = [&](const auto& x) { return sum(grad(f)(x) * along); };
    const auto product = grad(directional)(at);
    const auto dynamic = grad([&](const auto& x) { return sum(grad(f)(x) * along); })(tensor<double, S>(at));
    CHECK(difference(product, dynamic) < 1e-11);
    const array ahead = at + along * 1e-6, behind = at - along * 1e-6;
    CHECK(difference(product, (grad(f)(ahead) - grad(f)(behind)) / 2e-6) < 1e-7);
  };
  check([](const auto& x) { return sum(sin(x) * exp(x) + relu(x) * x); }, m35);
  check([](const auto& x) { return sum(tanh(matmul(x, transpose(x)))); }, m35);
  check([](const auto& x) { return sum(square(softmax(x, axis<1>))) + sum(pow(1 + square(x), 1.5)); }, m35);
  check([](const auto& x) { return sum(x / sqrt(1 + sum(square(x), axis<1>, keepdim))) + mean(log(2 + sin(x))); }, m35);
  check([](const auto& x) { return sum(square(linear(x, x, sum(x, axis<1>)))) + max(x) * sum(where(x > 0, x * x, x)); }, m35);
}

TEST_CASE("grad: elements of an array as numbers") {
  const auto rosenbrock = [](const auto& x) { return square(1 - x(0)) + 100 * square(x(1) - square(x(0))); };
  const auto g = grad(rosenbrock)(array{-1.0, 2.0});
  CHECK(g(0) == doctest::Approx(-4 + 400));
  CHECK(g(1) == doctest::Approx(200));
  CHECK(grad([&](const auto& x) { return grad(rosenbrock)(x)(0); })(array{-1.0, 2.0})(0) == doctest::Approx(2 + 1200 - 800));
}

TEST_CASE("grad: an expression as an argument, constants and data-dependent control flow") {
  CHECK(grad([](const auto& x) { return sum(x * x); })(v5 * 2)(0) == doctest::Approx(4 * v5(0)));
  const auto f = [](auto x) {
    auto h = x;
    for (int i = 0; i < 6; ++i) h = h > 1 ? sqrt(h) + x : exp(h) - x;
    return h;
  };
  const auto numeric = [&](double x) { return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6; };
  CHECK(near(grad(f)(0.3), numeric(0.3), 1e-7));
  CHECK(near(grad(f)(1.7), numeric(1.7), 1e-7));
}

TEST_CASE("grad: more nodes than the stack has room for") {
  const auto f = [](auto x) {
    for (int i = 0; i < 20000; ++i) x = x * 1.0001 - 1e-9;
    return x;
  };
  CHECK(grad(f)(1.0) == doctest::Approx(std::pow(1.0001, 20000)));
}

TEST_CASE("grad: levels that know nothing of each other are an error, not a wrong number") {
  const auto outer = [](auto x) { return grad([x](auto y) { return x * y; })(3.0); };
  CHECK_THROWS_AS(static_cast<void>(grad(outer)(2.0)), autograd_error);
  const auto passed = [](auto x) { return std::get<1>(grad([](auto a, auto y) { return a * y * y; })(x, 3.0)); };
  CHECK(grad(passed)(2.0) == 6.0);
}

TEST_CASE("grad: functions of tensors, alone and beside numbers and arrays") {
  const tensor x{1.0, 2.0, 3.0};
  const auto [value, gradients] = value_and_grad([](const auto& a, const auto& b, auto c, int n) { return sum(a * a * b) * c * n; })(x, array{1.0, 1.0, 2.0}, 0.5, 3);
  static_assert(std::is_same_v<decltype(value), const double>);
  CHECK(value == doctest::Approx((1 + 4 + 18) * 1.5));
  CHECK(std::get<0>(gradients)(2) == doctest::Approx(2 * 3 * 2 * 1.5));
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(std::get<1>(gradients))>, array<double, shape<3>>>);
  CHECK(std::get<1>(gradients)(1) == doctest::Approx(4 * 1.5));
  CHECK(std::get<2>(gradients) == doctest::Approx(23 * 3));
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(std::get<3>(gradients))>, no_gradient>);
  CHECK(grad([](const auto&) { return tensor{4.0}; })(x)(0) == 0.0);
  const tensor<float, shape<dyn>> open(shape<dyn>{3}, 2.f);
  CHECK(grad([](const auto& a) { return sum(a * a * a); })(open)(1) == 12.f);
  CHECK_THROWS_AS(static_cast<void>(grad([](const auto& a) { return a * 2; })(open)), shape_error);
  const no_grad guard;
  CHECK(grad([](const auto& a) { return sum(a * a); })(x)(1) == 4.0);
}

TEST_CASE("grad: derivatives of derivatives on tensors, and what a function closes over") {
  const tensor x{1.0, 2.0};
  const auto third = grad([](const auto& a) { return sum(grad([](const auto& b) { return sum(grad([](const auto& c) { return sum(c * c * c * c); })(b)); })(a)); })(x);
  CHECK(third(1) == doctest::Approx(48));
  // d/dx of (d/dy of x·y at y = x) is 1: x itself is no y.
  const auto confusing = [](const auto& a) { return sum(grad([&](const auto& b) { return sum(a * b); })(a)); };
  CHECK(grad(confusing)(x)(0) == doctest::Approx(1));
  // A parameter that f closes over keeps its gradient to itself.
  variable w = tensor{3.0, 4.0};
  CHECK(grad([&](const auto& a) { return sum(a * w); })(x)(1) == 4.0);
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("grad of variables: no leaf's grad changes") {
  variable a = tensor{1.0, 2.0}, b = tensor{3.0, 4.0};
  variable middle = a * b;
  variable y = sum(middle * middle);
  sum(a * 10.0).backward();
  const auto [da, db] = grad(y, a, b, retain_graph);
  CHECK(da(0) == 2 * 3.0 * 3);
  CHECK(db(1) == 2 * 8.0 * 2);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(da)>, tensor<double, shape<2>>>);
  CHECK(a.grad()(0) == 10.0);
  CHECK_FALSE(b.has_grad());
  CHECK(grad(y, middle, retain_graph)(1) == 16.0);
  CHECK_FALSE(middle.has_grad());
  CHECK(grad(y, y, retain_graph).item() == 1.0);
  const auto same = grad(y, a, a, retain_graph);
  CHECK(std::get<1>(same)(0) == 18.0);
  variable g = grad(y, a, create_graph);  // 2 a b²
  const auto second = grad(sum(g), b, retain_graph);
  CHECK(second(1) == 4 * 2.0 * 4);
  sum(g).backward();
  CHECK(a.grad()(1) == 10 + 2 * 16.0);
  CHECK(grad(sum(a * 2.0), a)(0) == 2.0);  // an expression
}

TEST_CASE("grad of variables: errors") {
  variable a = tensor{1.0, 2.0}, b = tensor{3.0, 4.0};
  variable y = sum(a * a);
  CHECK_THROWS_WITH_AS(static_cast<void>(grad(y, a, b, retain_graph)), "tessera::grad: the value does not depend on variable 2 of those its gradient is asked for", autograd_error);
  CHECK_FALSE(a.has_grad());
  CHECK(grad(y, a)(1) == 4.0);
  CHECK_THROWS_AS(static_cast<void>(grad(y, a)), autograd_error);  // the graph is spent
  CHECK_THROWS_AS(static_cast<void>(grad(a * a, a)), shape_error);
  b.requires_grad(false);
  CHECK_THROWS_AS(static_cast<void>(grad(sum(a * b), b)), autograd_error);
  CHECK_THROWS_AS(static_cast<void>(grad(sum(b * b), b)), autograd_error);
  y = sum(a * a);
  y.backward();  // the failed ones left nothing behind
  CHECK(a.grad()(0) == 2.0);
}

}  // namespace tessera::tests
