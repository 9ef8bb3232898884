// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/autograd/functional.hpp>
#include <tessera/nn/layer/layer_norm.hpp>
#include <tessera/nn/module.hpp>
#include <tessera/tensor/create.hpp>

#include <vector>

using namespace tessera;
using namespace tessera::tests;

namespace {

/// Mean and 1 / deviation of a row in double.
std::pair<double, double> moments(std::span<const float> row, double eps) {
  double mean = 0, squares = 0;
  for (const float v : row) mean += static_cast<double>(v) / static_cast<double>(row.size());
  for (const float v : row) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  return {mean, 1 / std::sqrt(squares / static_cast<double>(row.size()) + eps)};
}

}  // namespace

TEST_CASE("nn::layer_norm: its parameters are PyTorch's, ones and zeros, and options leave them out") {
  nn::layer_norm<shape<3, 4>> full;
  nn::layer_norm<shape<5>, nn::no_bias, nn::of<double>> unshifted;
  nn::layer_norm<shape<5>, nn::no_affine> bare;
  CHECK(parameter_names(full) == std::vector<std::string>{"weight", "bias"});
  CHECK(parameter_names(unshifted) == std::vector<std::string>{"weight"});
  CHECK(parameter_names(bare).empty());
  for (const float w : full.weight.span()) CHECK(w == 1);
  for (const float b : full.bias.span()) CHECK(b == 0);
  static_assert(std::same_as<decltype(unshifted.weight), nn::parameter<double, shape<5>>>);
}

TEST_CASE("nn::layer_norm: static and run-time sizes give the same") {
  const auto x = wave<float>(shape<2, 7, 33>{}, 0.37, 0.2);
  nn::layer_norm<shape<33>> fixed;
  nn::layer_norm open{shape<dyn>{33}};
  for (int i = 0; i < 33; ++i) {
    fixed.weight.mutable_span()[static_cast<std::size_t>(i)] = open.weight.mutable_span()[static_cast<std::size_t>(i)] = 0.5f + 0.1f * static_cast<float>(i);
    fixed.bias.mutable_span()[static_cast<std::size_t>(i)] = open.bias.mutable_span()[static_cast<std::size_t>(i)] = 0.01f * static_cast<float>(i);
  }
  const auto a = fixed(x);
  const auto b = open(x);
  static_assert(std::same_as<std::remove_cvref_t<decltype(a)>, variable<float, shape<2, 7, 33>>>);
  static_assert(std::same_as<std::remove_cvref_t<decltype(b)>, variable<float, shape<2, 7, 33>>>);
  for (extent i = 0; i < a.size(); ++i) CHECK(a.data()[i] == b.data()[i]);
  for (extent row = 0; row < 14; ++row) {
    const auto [centre, scale] = moments(x.span().subspan(static_cast<std::size_t>(row) * 33, 33), 1e-5);
    for (extent j = 0; j < 33; ++j) {
      const double wanted = (static_cast<double>(x.data()[row * 33 + j]) - centre) * scale * (0.5 + 0.1 * static_cast<double>(j)) + 0.01 * static_cast<double>(j);
      CHECK(std::abs(static_cast<double>(a.data()[row * 33 + j]) - wanted) < 3e-6);
    }
  }
}

TEST_CASE("layer_norm is exact far from 0, and on rows longer than a stretch of registers") {
  const extent n = 9001;
  tensor<float, shape<dyn, dyn>> x(shape<dyn, dyn>{3, n}, 0.f);
  for (extent i = 0; i < x.size(); ++i) x.mutable_data()[i] = 1000.f + static_cast<float>(std::sin(0.01 * static_cast<double>(i)));
  const tensor y = layer_norm(x, axis<1>);
  for (extent row = 0; row < 3; ++row) {
    const auto [centre, scale] = moments(x.span().subspan(static_cast<std::size_t>(row * n), static_cast<std::size_t>(n)), 1e-5);
    double worst = 0;
    for (extent j = 0; j < n; ++j) worst = std::max(worst, std::abs(static_cast<double>(y(row, j)) - (static_cast<double>(x(row, j)) - centre) * scale));
    CHECK(worst < 1e-4);  // the mean itself is rounded to 6e-5
  }
  const tensor flat = layer_norm(tensor<float, shape<2, 19>>(shape<2, 19>{}, 0.1f), axis<1>);
  for (const float v : flat.span()) CHECK(v == 0);
}

TEST_CASE("layer_norm: any number of threads gives the same bits, and large batches the gradients of PyTorch's formula") {
  const extent rows = 700, n = 301;
  const auto x = wave<float>(shape<dyn, dyn>{rows, n}, 0.37, 0.2), g = wave<float>(shape<dyn, dyn>{rows, n}, 0.23, 1.2);
  const auto run = [&](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    variable v(x);
    variable w(wave<float>(shape<dyn>{n}, 0.5, 0.3)), b(wave<float>(shape<dyn>{n}, 0.7, 0.1));
    const variable y = layer_norm(v, axis<1>, w, b);
    y.backward(g);
    set_num_threads(before);
    std::vector<float> all;
    for (const auto& part : {y.span(), v.grad().span(), w.grad().span(), b.grad().span()}) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const std::vector<float> one = run(1);
  CHECK(one == run(2));
  CHECK(one == run(3));
  const auto w = wave<float>(shape<dyn>{n}, 0.5, 0.3);
  std::vector<double> dw(static_cast<std::size_t>(n)), db(static_cast<std::size_t>(n));
  double worst = 0;
  for (extent i = 0; i < rows; ++i) {
    const auto [centre, scale] = moments(x.span().subspan(static_cast<std::size_t>(i * n), static_cast<std::size_t>(n)), 1e-5);
    double level = 0, slope = 0;
    const auto normal = [&, m = centre, s = scale](extent j) { return (static_cast<double>(x(i, j)) - m) * s; };
    for (extent j = 0; j < n; ++j) {
      const double u = static_cast<double>(g(i, j)) * static_cast<double>(w(j));
      level += u / static_cast<double>(n);
      slope += u * normal(j) / static_cast<double>(n);
      dw[static_cast<std::size_t>(j)] += static_cast<double>(g(i, j)) * normal(j);
      db[static_cast<std::size_t>(j)] += static_cast<double>(g(i, j));
    }
    for (extent j = 0; j < n; ++j) {
      const double wanted = scale * (static_cast<double>(g(i, j)) * static_cast<double>(w(j)) - level - normal(j) * slope);
      worst = std::max(worst, std::abs(wanted - static_cast<double>(one[static_cast<std::size_t>(rows * n + i * n + j)])));
    }
  }
  CHECK(worst < 1e-5);
  for (std::size_t j = 0; j < dw.size(); ++j) {
    CHECK(std::abs(dw[j] - static_cast<double>(one[static_cast<std::size_t>(2 * rows * n) + j])) < 1e-3);
    CHECK(std::abs(db[j] - static_cast<double>(one[static_cast<std::size_t>(2 * rows * n + n) + j])) < 1e-3);
  }
}

TEST_CASE("layer_norm of nothing, and of wrong sizes") {
  variable w(tensor<float, shape<4>>(shape<4>{}, 1.f));
  const variable none = layer_norm(tensor<float, shape<dyn, 4>>(shape<dyn, 4>{0}, 0.f), axis<1>, w);
  CHECK(none.size() == 0);
  sum(none).backward();
  for (const float g : w.grad().span()) CHECK(g == 0);
  CHECK(layer_norm(tensor<float, shape<3, 0>>(), axis<1>).size() == 0);
  const tensor<float, shape<dyn, dyn>> x(shape<dyn, dyn>{2, 5}, 1.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(layer_norm(x, axis<1>, w)), "tessera::layer_norm: an input of shape [2, 5] and a weight or bias of shape [4] differ at axis 1", shape_error);
  const nn::layer_norm<shape<dyn>, nn::no_affine> bare{shape<dyn>{4}};
  CHECK_THROWS_WITH_AS(static_cast<void>(bare(x)), "tessera::layer_norm: an input of shape [2, 5] and a layer for [4] differ at axis 1", shape_error);
}

TEST_CASE("layer_norm of an array needs no memory, and grad(f) passes through it") {
  const array<double, shape<2, 3>> x{{1.0, 2.0, 4.0}, {0.5, -1.0, 3.0}};
  const auto y = layer_norm(x, axis<1>);
  const tensor z = layer_norm(tensor<double, shape<2, 3>>(x), axis<1>);
  for (extent i = 0; i < 6; ++i) CHECK(y.data()[i] == doctest::Approx(z.data()[i]));
  const auto f = [](const auto& a) { return sum(square(layer_norm(a, axis<1>)) * a); };
  const auto g = grad(f)(x);
  variable v{tensor<double, shape<2, 3>>(x)};
  f(v).backward();
  for (extent i = 0; i < 6; ++i) CHECK(g.data()[i] == doctest::Approx(v.grad().data()[i]));
}
