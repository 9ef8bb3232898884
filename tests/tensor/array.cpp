// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/op.hpp>
#include <tessera/tensor/array.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>

namespace tessera::tests {
namespace {

constexpr array matrix{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
constexpr array row{1.f, 10.f, 100.f};

// The compiler itself checks these.
static_assert(std::is_same_v<decltype(matrix), const array<float, shape<2, 3>>>);
static_assert(std::is_same_v<decltype(array{{{1, 2}, {3, 4}, {5, 6}}, {{1, 2}, {3, 4}, {5, 6}}}), array<int, shape<2, 3, 2>>>);
static_assert(std::is_same_v<decltype(array(shape<4>{}, 1.0)), array<double, shape<4>>>);
static_assert(std::is_trivially_copyable_v<array<float, shape<2, 3>>> && sizeof(matrix) == 6 * sizeof(float));
static_assert(array<float, shape<2>>{}(1) == 0.f && array<float, shape<>>{3}.item() == 3.f && array<double, shape<0>>{}.size() == 0);
static_assert(matrix(1, 2) == 6.f && matrix.at(-1, 0) == 4.f && matrix.size() == 6 && matrix.size(-1) == 3);

static_assert((array{1.f, 2.f} + array{3.f, 4.f})(0) == 4.f);
static_assert((matrix * row - 1)(1, 1) == 49.f);
static_assert((2.0 / row)(1) == 0.2f);
static_assert((array{1, 2} / 2)(0) == 0.5f);
static_assert((-matrix)(0, 0) == -1.f && (matrix >= 3)(0, 2) && !(matrix == 3)(1, 0));
static_assert(std::is_same_v<element_t<decltype(matrix < row)>, bool>);
static_assert(relu(array{-1.f, 2.f})(0) == 0.f && clamp(matrix, 2, 4)(1, 2) == 4.f && square(row)(2) == 10000.f);
static_assert(maximum(row, 5)(0) == 5.f && minimum(row, 5)(1) == 5.f && where(row > 5, row, 0)(0) == 0.f && abs(array{-2})(0) == 2);
static_assert(pow(row, 2)(1) == 100.f && pow(row, -1)(1) == 0.1f && pow(2, array{3.f})(0) == 8.f && pow(array{3}, 4)(0) == 81);

constexpr auto incremented = [] {
  array a{1.f, 2.f};
  a += 1;
  a(0) *= 10;
  a.at(-1) = 7;
  for (float& x : a) x -= 1;
  return a;
}();
static_assert(incremented(0) == 19.f && incremented(1) == 6.f);

// 30 operations are more than one tree may have: the cap evaluates parts of it.
constexpr auto long_chain = [] {
  array<double, shape<2>> x{1.0, 2.0};
  const auto once = [](auto y) { return y * 2 + 1 - 1 + 0.5 - 0.5; };
  return array(once(once(once(once(once(once(x)))))));
}();
static_assert(long_chain(1) == 128.0);

// Functions that the standard library has only at run time.
constexpr bool near(double a, double b) { return a - b < 1e-15 * (1 + (b < 0 ? -b : b)) && b - a < 1e-15 * (1 + (b < 0 ? -b : b)); }
static_assert(near(exp(array{1.0})(0), 2.718281828459045) && near(log(array{10.0})(0), 2.302585092994046) && near(sqrt(array{2.0})(0), 1.4142135623730951));
static_assert(near(sin(array{1.0})(0), 0.8414709848078965) && near(cos(array{1.0})(0), 0.5403023058681398) && near(tanh(array{0.5})(0), 0.46211715726000973));
static_assert(near(erf(array{0.5})(0), 0.5204998778130465) && near(log1p(array{1e-10})(0), 9.9999999995e-11) && near(sigmoid(array{0.0})(0), 0.5));

static_assert(sum(matrix).item() == 21.f && sum(matrix, axis<0>)(2) == 9.f && sum(matrix, axis<1>, keepdim)(1, 0) == 15.f);
static_assert(std::is_same_v<decltype(sum(matrix, axes<0, 1>)), array<float, shape<>>> && std::is_same_v<element_t<decltype(sum(array{1, 2}))>, std::int64_t>);
static_assert(mean(matrix).item() == 3.5f && mean(matrix, axis<1>)(0) == 2.f && var(matrix).item() == 3.5f && sum(matrix > 2).item() == 4);
static_assert(max(matrix).item() == 6.f && min(matrix * -1).item() == -6.f && max(matrix, row)(1, 2) == 100.f);
static_assert(max(matrix, axis<0>).values(1) == 5.f && max(matrix, axis<0>).indices(1) == 1 && min(matrix, axis<1>, keepdim).values(1, 0) == 4.f);
static_assert(argmax(array{1.f, 3.f, 3.f}).item() == 1 && argmin(matrix, axis<1>)(1) == 0);
static_assert(matmul(matrix, transpose(matrix))(0, 1) == 32.f && matmul(matrix, row)(0) == 321.f && matmul(row, row).item() == 10101.f);
static_assert(linear(matrix, matrix, array{1.f, 2.f})(1, 1) == 79.f && linear(row, matrix)(0) == 321.f);
static_assert(std::is_same_v<decltype(matmul(matrix, row)), array<float, shape<2>>> && CanMatmul<decltype(matrix), decltype(row)>);
static_assert(reshape(matrix, shape<3, infer>{})(2, 1) == 6.f && flatten(matrix)(4) == 5.f && unsqueeze(row, axis<0>)(0, 1) == 10.f && squeeze(array{{7}})() == 7);
static_assert(permute(array{{{1, 2}}, {{3, 4}}}, axes<2, 0, 1>)(1, 1, 0) == 4 && broadcast_to(row, shape<2, 3>{})(1, 2) == 100.f);
static_assert(slice(matrix, 1, range<1, 3>)(1) == 6.f && slice(matrix, full_extent, range<0, 3, 2>)(1, 1) == 6.f && select(matrix, axis<1>, -1)(0) == 3.f);
static_assert(concat(axis<1>, matrix, matrix)(1, 3) == 4.f && stack(axis<0>, row, row)(1, 2) == 100.f);
static_assert(softmax(array{{0.0, 0.0}}, axis<1>)(0, 1) == 0.5 && near(log_softmax(array{1000.0, 1000.0}, axis<0>)(0), -0.6931471805599453));
static_assert(cast<int>(array{2.7f})(0) == 2 && cast<bool>(array{2, 0})(0));

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
  for (extent i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(std::sin(static_cast<double>(i * 7 + seed * 13 + 1)) * 2);
  return x;
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-14;

}  // namespace

TEST_CASE("array: expressions give what tensors give, whatever the length of a row") {
  const auto check = [](auto s, auto number) {
    using T = decltype(number);
    const auto a = numbers<T>(s, 1), b = numbers<T>(s, 2);
    const tensor x(a), y(b);
    CHECK(difference(a * 2 + exp(b), x * 2 + exp(y)) < tolerance<T>);
    CHECK(difference(tanh(a) * sigmoid(b) - where(a > b, sin(a), cos(b)), tanh(x) * sigmoid(y) - where(x > y, sin(x), cos(y))) < tolerance<T>);
    CHECK(difference(sqrt(abs(a)) / (1 + square(b)), sqrt(abs(x)) / (1 + square(y))) < tolerance<T>);
    CHECK(difference(cast<T>(a < b), cast<T>(x < y)) == 0);
  };
  check(shape<>{}, 1.f);
  check(shape<3>{}, 1.f);
  check(shape<4>{}, 1.0);
  check(shape<17>{}, 1.f);
  check(shape<2, 35>{}, 1.0);
  check(shape<0, 3>{}, 1.f);
}

TEST_CASE("array: broadcasting in every direction") {
  const auto m = numbers<float>(shape<3, 5>{}, 1);
  const auto check = [&](const auto& other) {
    const tensor x(m);
    const tensor y(other);
    CHECK(difference(m * other + 1, x * y + 1) < 1e-6);
    CHECK(difference(other - m * exp(other), y - x * exp(y)) < 1e-6);
  };
  check(numbers<float>(shape<5>{}, 2));
  check(numbers<float>(shape<3, 1>{}, 3));
  check(numbers<float>(shape<1, 5>{}, 4));
  check(numbers<float>(shape<1, 1>{}, 5));
  check(numbers<float>(shape<>{}, 6));
  check(numbers<float>(shape<2, 1, 1>{}, 7));
  check(numbers<float>(shape<2, 3, 5>{}, 8));
}

TEST_CASE("array: mixed dtypes follow the rules of tensors") {
  const array<int, shape<3>> i{1, 2, 3};
  const array<double, shape<3>> d{0.5, 0.25, 0.125};
  const array<float, shape<3>> f{1.5f, 2.5f, 3.5f};
  static_assert(std::is_same_v<element_t<decltype(i * f)>, float> && std::is_same_v<element_t<decltype(f + d)>, double> && std::is_same_v<element_t<decltype(exp(i))>, float>);
  CHECK(difference(i * f + i, tensor(i) * tensor(f) + tensor(i)) == 0);
  CHECK(difference((f + f) * d, (tensor(f) + tensor(f)) * tensor(d)) == 0);
  CHECK(difference(f * 2.0 + 1, tensor(f) * 2.0 + 1) == 0);
}

TEST_CASE("array: reductions, products and movement give what tensors give") {
  using T = double;
  const auto a = numbers<T>(shape<3, 4, 5>{}, 1);
  const tensor x(a);
  CHECK(difference(sum(a), sum(x)) < tolerance<T> * 10);
  CHECK(difference(sum(a * a, axes<0, 2>), sum(x * x, axes<0, 2>)) < tolerance<T> * 10);
  CHECK(difference(mean(exp(a), axis<1>, keepdim), mean(exp(x), axis<1>, keepdim)) < tolerance<T> * 10);
  CHECK(difference(var(a, axis<2>), var(x, axis<2>)) < tolerance<T> * 10);
  CHECK(difference(max(a, axis<1>).values, max(x, axis<1>).values) == 0);
  CHECK(difference(min(a, axis<-1>, keepdim).indices, min(x, axis<-1>, keepdim).indices) == 0);
  CHECK(difference(softmax(a, axis<1>), softmax(x, axis<1>)) < tolerance<T> * 10);
  CHECK(difference(log_softmax(a, axis<-1>), log_softmax(x, axis<-1>)) < tolerance<T> * 10);
  CHECK(difference(permute(a, axes<2, 0, 1>), permute(x, axes<2, 0, 1>)) == 0);
  CHECK(difference(transpose(a + 1), transpose(x + 1)) == 0);
  CHECK(difference(slice(a, range<1, 3>, 2, range<0, 5, 2>), slice(x, range<1, 3>, 2, range<0, 5, 2>)) == 0);
  CHECK(difference(concat(axis<1>, a, a * 2), concat(axis<1>, x, x * 2)) == 0);
  CHECK(difference(flatten(a, axis<1>), flatten(x, axis<1>)) == 0);

  const auto products = [](auto s, auto t) {
    const auto p = numbers<T>(s, 3);
    const auto q = numbers<T>(t, 4);
    CHECK(difference(matmul(p, q), matmul(tensor(p), tensor(q))) < tolerance<T> * 20);
  };
  products(shape<3, 4>{}, shape<4, 5>{});
  products(shape<1, 7>{}, shape<7, 9>{});
  products(shape<9, 7>{}, shape<7, 1>{});
  products(shape<5, 1>{}, shape<1, 5>{});
  products(shape<3, 33>{}, shape<33>{});
  products(shape<9>{}, shape<9>{});
  products(shape<2, 1, 3, 4>{}, shape<5, 4, 2>{});
  products(shape<2, 0>{}, shape<0, 2>{});
  const auto w = numbers<T>(shape<6, 5>{}, 5);
  const auto bias = numbers<T>(shape<6>{}, 6);
  CHECK(difference(linear(a, w, bias), linear(x, tensor(w), tensor(bias))) < tolerance<T> * 20);
  CHECK(difference(linear(slice(a, 0, 1), w), linear(slice(x, 0, 1), tensor(w))) < tolerance<T> * 20);
}

TEST_CASE_TEMPLATE("array: products of short rows and columns, several of which a register holds", T, float, double) {
  const auto columns = []<extent M, extent N, extent K>(shape<M, N, K>) {  // x·wᵀ, and a column times a row
    const auto x = numbers<T>(shape<M, K>{}, 3);
    const auto w = numbers<T>(shape<N, K>{}, 4);
    CHECK(difference(linear(x, w), linear(tensor(x), tensor(w))) < tolerance<T> * 20);
    const auto bias = numbers<T>(shape<N>{}, 8);
    CHECK(difference(linear(x, w, bias), linear(tensor(x), tensor(w), tensor(bias))) < tolerance<T> * 20);
    const auto a = numbers<T>(shape<N>{}, 5);
    const auto b = numbers<T>(shape<K>{}, 6);
    CHECK(difference(matmul(unsqueeze(a, axis<1>), unsqueeze(b, axis<0>)), matmul(unsqueeze(tensor(a), axis<1>), unsqueeze(tensor(b), axis<0>))) < tolerance<T> * 20);
    CHECK(difference(matmul(transpose(unsqueeze(a, axis<0>)), unsqueeze(b, axis<0>)), matmul(unsqueeze(tensor(a), axis<1>), unsqueeze(tensor(b), axis<0>))) < tolerance<T> * 20);
  };
  columns(shape<1, 16, 2>{});
  columns(shape<1, 16, 4>{});
  columns(shape<3, 16, 8>{});
  columns(shape<2, 32, 4>{});
  columns(shape<2, 48, 2>{});
  columns(shape<1, 8, 2>{});
  columns(shape<2, 8, 4>{});
  columns(shape<1, 16, 3>{});
  columns(shape<1, 20, 4>{});
  columns(shape<1, 4, 2>{});
  columns(shape<4, 8, 1>{});
  columns(shape<3, 5, 1>{});
  columns(shape<3, 18, 7>{});
  columns(shape<1, 16, 16>{});
  columns(shape<16, 16, 16>{});
}

TEST_CASE("array: what fills registers starts at the boundary of one") {
  CHECK(alignof(array<float, shape<16, 16>>) == 64);
  CHECK(alignof(array<float, shape<5, 8>>) == 32);
  CHECK(alignof(array<double, shape<3>>) == alignof(double));
  CHECK(sizeof(array<float, shape<3>>) == 12);
}

TEST_CASE("array: NaN wins a maximum, and the first of equals is found") {
  const float nan = std::nanf("");
  const array a{{1.f, nan, 3.f}, {2.f, 2.f, 1.f}};
  CHECK(std::isnan(max(a).item()));
  CHECK(max(a, axis<1>).indices(0) == 1);
  CHECK(max(a, axis<1>).indices(1) == 0);
  CHECK(std::isnan(relu(a)(0, 1)));
}

TEST_CASE("array: to a tensor and back, and both in one expression") {
  array<float, shape<2, 3>> a = matrix;
  tensor t(a);
  static_assert(std::is_same_v<decltype(t), tensor<float, shape<2, 3>>>);
  a(0, 0) = 50;
  CHECK(t(0, 0) == 1.f);
  const array back(t);
  static_assert(std::is_same_v<decltype(back), const array<float, shape<2, 3>>>);
  t(0, 0) = 70;
  CHECK(back(0, 0) == 1.f);
  const tensor both = back * t + row;
  CHECK(both(0, 0) == 71.f);
  CHECK(both(1, 2) == 136.f);
  const array<float, shape<2, 3>> as_array = back * t + row;
  CHECK(difference(as_array, both) == 0);
  CHECK(matmul(t, transpose(back))(0, 0) == 70.f + 4 + 9);
  CHECK(sum(both + row).item() == doctest::Approx(sum(both).item() + 222));
  const tensor<float, shape<dyn, 3>> open(shape<dyn, 3>{2}, 1.f);
  CHECK(array<float, shape<2, 3>>(open)(1, 2) == 1.f);
  CHECK_THROWS_AS((array<float, shape<4, 3>>(open)), shape_error);
}

TEST_CASE("array: an expression holds the elements it was made of") {
  array a{1.f, 2.f};
  const auto e = a * 10;
  a(0) = 100;
  CHECK(e(0) == 10.f);
  a = a + a * 2;  // reads what it writes
  CHECK(a(0) == 300.f);
  CHECK(a(1) == 6.f);
}

TEST_CASE("array: errors name what was wrong") {
  array a{1.f, 2.f};
  CHECK_THROWS_WITH_AS(static_cast<void>(a.at(2)), "tessera::at: index 2 is out of range for axis 0 of shape [2]", index_error);
  const float values[] = {1, 2, 3};
  CHECK_THROWS_AS((array<float, shape<2>>(shape<2>{}, values)), shape_error);
  variable v = tensor{1.f, 2.f};
  CHECK_THROWS_AS((array<float, shape<2>>(v * 2)), autograd_error);
  const no_grad guard;
  CHECK(array<float, shape<2>>(v * 2)(1) == 4.f);
}

TEST_CASE("array: a recorded statement keeps the array it read, small or large") {
  const auto check = [](auto s) {
    using S = decltype(s);
    auto a = numbers<double>(s, 3);
    variable x = tensor<double, S>(numbers<double>(s, 4));
    const array before = a;
    variable y = sum(exp(x * a) * a);
    variable z = x * a;  // through a statement that only reads a
    a = a * 0;
    y.backward();
    const tensor expected = exp(x.value() * before) * before * before;
    CHECK(difference(x.grad(), expected) < 1e-12);
    x.zero_grad();
    sum(z).backward(create_graph);
    CHECK(difference(x.grad(), before) == 0);
    x.zero_grad();
    variable w = sum(sin(x * before));
    w.backward(create_graph);
    variable second = sum(x.grad_variable());
    x.zero_grad();
    second.backward();
    const tensor curvature = -sin(x.value() * before) * before * before;
    CHECK(difference(x.grad(), curvature) < 1e-12);
  };
  check(shape<2>{});
  check(shape<3, 7>{});
}

TEST_CASE("array: a variable beside an array that broadcasts") {
  variable x = tensor(numbers<double>(shape<3, 1>{}, 1));
  const auto a = numbers<double>(shape<4>{}, 2);
  variable y = sum(x * a * a);
  y.backward();
  const double squares = sum(a * a).item();
  for (int i = 0; i < 3; ++i) CHECK(x.grad()(i, 0) == doctest::Approx(squares));
}

}  // namespace tessera::tests
