// SPDX-License-Identifier: BSL-1.0
// Convolutions and poolings in registers against the loops that are their reference, and on any number of threads.
#include <support/with_threads.hpp>
#include <tessera/backend/convolution.hpp>
#include <tessera/backend/max_pool.hpp>
#include <tessera/op/window/options.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using tessera::tests::with_threads;

using namespace tessera;
using backend::convolution, backend::sliding;

// Multiples of 1/64 from -1 to 1: sums of their products are exact, so that every order of summation gives equal bits.
template <class T>
std::vector<T> numbers(extent count, unsigned seed) {
  std::vector<T> x(static_cast<std::size_t>(count));
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (T& v : x) {
    state = state * 1664525U + 1013904223U;
    v = static_cast<T>(static_cast<int>(state >> 25) - 64) / T(64);
  }
  return x;
}

sliding along(extent input, extent kernel, extent stride, extent padding, extent dilation) {
  return {input, rule::slid(input, kernel, stride, padding, dilation), kernel, stride, padding, dilation};
}

// What does not fill registers, tiles and blocks, and what does: channels, groups, strides, padding beyond the kernel, dilation.
const convolution cases[] = {
    {2, 1, 3, 5, along(7, 3, 1, 1, 1), along(9, 3, 1, 1, 1)},    {2, 2, 3, 5, along(7, 3, 2, 1, 1), along(9, 2, 3, 0, 2)},   {3, 2, 4, 17, along(17, 3, 2, 4, 2), along(40, 5, 1, 3, 1)},
    {5, 1, 1, 32, along(28, 3, 1, 1, 1), along(28, 3, 1, 1, 1)}, {1, 1, 150, 160, along(4, 3, 1, 1, 1), along(5, 3, 1, 1, 1)}, {1, 1, 3, 4, along(5, 1, 3, 0, 1), along(6, 1, 2, 0, 1)},
    {1, 4, 1, 1, along(5, 5, 1, 0, 1), along(5, 5, 4, 3, 1)},    {5, 4, 1, 2, along(12, 3, 2, 1, 3), along(12, 4, 3, 5, 2)}, {2, 1, 33, 40, along(14, 3, 1, 1, 1), along(14, 3, 1, 1, 1)},
    {1, 1, 2, 3, along(1, 1, 1, 0, 1), along(1, 1, 1, 0, 1)},    {1, 1, 2, 13, along(9, 7, 5, 3, 1), along(64, 7, 2, 3, 1)}, {300, 1, 2, 3, along(6, 3, 1, 1, 1), along(6, 3, 1, 1, 1)},
    {2, 6, 1, 1, along(11, 3, 1, 1, 1), along(37, 3, 1, 1, 1)},  {3, 5, 1, 2, along(9, 5, 2, 2, 1), along(14, 4, 2, 1, 2)},
    {3, 1, 20, 64, along(7, 3, 1, 1, 1), along(7, 3, 1, 1, 1)},  {2, 2, 48, 80, along(6, 3, 2, 1, 1), along(9, 3, 2, 1, 1)},  {2, 1, 70, 130, along(5, 1, 1, 0, 1), along(13, 1, 1, 0, 1)},
    {1, 1, 17, 30, along(8, 3, 1, 1, 2), along(33, 5, 1, 2, 1)}, {9, 1, 2, 8, along(5, 3, 1, 1, 1), along(5, 3, 1, 1, 1)},
    {2, 2, 3, 26, along(5, 3, 1, 1, 1), along(62, 3, 1, 1, 1)},  {1, 1, 4, 16, along(6, 3, 2, 1, 1), along(60, 3, 2, 1, 1)},  {1, 1, 2, 160, along(4, 3, 1, 1, 1), along(30, 3, 1, 1, 1)},
    {3, 2, 17, 20, along(9, 3, 1, 0, 1), along(13, 3, 1, 2, 1)}, {7, 1, 40, 23, along(15, 3, 1, 3, 1), along(6, 3, 1, 1, 1)},   {40, 1, 16, 32, along(7, 3, 1, 1, 1), along(30, 3, 1, 0, 1)},
    {1, 1, 80, 70, along(3, 3, 1, 6, 1), along(41, 3, 1, 1, 1)}, {2, 1, 130, 140, along(16, 3, 1, 1, 1), along(17, 3, 1, 1, 1)},
    {2, 3, 7, 2, along(3, 2, 4, 1, 1), along(40, 2, 7, 0, 3)},   {0, 1, 2, 3, along(6, 3, 1, 1, 1), along(6, 3, 1, 1, 1)},
};

template <class T>
struct results {
  std::vector<T> y, dx, dw;
  bool operator==(const results&) const = default;
};

template <class T>
results<T> run(const convolution& c, backend::kind chosen, bool with_bias) {
  const backend::scope scope(chosen);
  const auto x = numbers<T>(c.x_size(), 1), w = numbers<T>(c.w_size(), 2), bias = numbers<T>(c.groups * c.out, 3), dy = numbers<T>(c.y_size(), 4);
  const auto unset = [](const std::vector<T>& like) { return std::vector<T>(like.size(), T(1e30)); };
  results<T> r{unset(dy), unset(x), unset(w)};
  backend::convolve(c, x.data(), w.data(), with_bias ? bias.data() : nullptr, r.y.data());
  backend::convolve_input(c, dy.data(), w.data(), r.dx.data());
  backend::convolve_weight(c, dy.data(), x.data(), r.dw.data());
  return r;
}

// How far two lists are apart, as a part of the second: the root of the mean squares, or the largest.
struct distance {
  double mean = 0, largest = 0;
};
template <class T, class Exact>
distance between(const std::vector<T>& got, const std::vector<Exact>& wanted) {
  double size = 0, squares = 0, largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - static_cast<double>(wanted[i]));
    size += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
    squares += error * error;
    largest = std::isnan(error) ? error : std::max(largest, error);
  }
  return {std::sqrt(squares / size), largest / std::sqrt(size / static_cast<double>(got.size()))};
}

}  // namespace

TEST_CASE_TEMPLATE("convolutions: registers give what the loops give", T, float, double) {
  int transformed = 0;
  for (const convolution& c : cases) {
    CAPTURE(&c - cases);
    const bool exact = !backend::simd::detail::winograd::pays<backend::simd_register<T>>(c);
    transformed += !exact;
    for (const bool with_bias : {false, true}) {
      const results<T> wanted = run<T>(c, backend::kind::scalar, with_bias), got = run<T>(c, backend::kind::simd, with_bias);
      for (const auto part : {&results<T>::y, &results<T>::dx, &results<T>::dw}) {
        if (exact) CHECK(got.*part == wanted.*part);
        else CHECK(between(got.*part, wanted.*part).largest < 200 * std::numeric_limits<T>::epsilon());
      }
    }
  }
  CHECK((backend::width<backend::simd_register<T>> == 1 || transformed >= 5));
}

TEST_CASE("convolutions: transformed tiles err little more than sums in order") {
  const convolution c{2, 1, 96, 64, along(20, 3, 1, 1, 1), along(20, 3, 1, 1, 1)};
  const auto rounded = [&](backend::kind chosen) {
    const backend::scope scope(chosen);
    auto x = numbers<float>(c.x_size(), 1), w = numbers<float>(c.w_size(), 2);
    for (auto* all : {&x, &w})
      for (float& v : *all) v /= 3;
    std::vector<float> y(static_cast<std::size_t>(c.y_size()));
    backend::convolve<float>(c, x.data(), w.data(), nullptr, y.data());
    const std::vector<double> exact_x(x.begin(), x.end()), exact_w(w.begin(), w.end());
    std::vector<double> exact(y.size());
    backend::scalar::convolve<double>(c, exact_x.data(), exact_w.data(), nullptr, exact.data());
    return between(y, exact).mean;
  };
  CHECK(rounded(backend::kind::simd) < 2.5 * rounded(backend::kind::scalar));
}

TEST_CASE_TEMPLATE("convolutions: any number of threads gives equal bits", T, float, double) {
  for (const convolution& c : cases) {
    auto x = numbers<T>(c.x_size(), 1), w = numbers<T>(c.w_size(), 2), dy = numbers<T>(c.y_size(), 4);
    for (auto* all : {&x, &w, &dy})
      for (T& v : *all) v /= T(3);  // sums are rounded
    const auto on = [&](int threads) {
      const with_threads some(threads);
      results<T> r{dy, x, w};
      backend::convolve<T>(c, x.data(), w.data(), nullptr, r.y.data());
      backend::convolve_input(c, dy.data(), w.data(), r.dx.data());
      backend::convolve_weight(c, dy.data(), x.data(), r.dw.data());
      return r;
    };
    const results<T> one = on(1);
    CHECK(on(2) == one);
    CHECK(on(3) == one);
  }
}

TEST_CASE_TEMPLATE("max_pool: registers and threads give what the loops give", T, float, double) {
  const auto window = [](extent input, extent kernel, extent stride, extent padding, extent dilation, bool ceil) {
    return sliding{input, rule::slid(input, kernel, stride, padding, dilation, ceil), kernel, stride, padding, dilation};
  };
  std::vector<backend::pooling> all;
  for (const extent columns : {2, 7, 14, 28, 31, 32, 33, 66})
    for (const bool ceil : {false, true}) {
      all.push_back({3, window(6, 2, 2, 0, 1, ceil), window(columns, 2, 2, 0, 1, ceil)});
      all.push_back({3, window(7, 2, 2, 0, 1, ceil), window(columns, 2, 2, 1, 1, ceil)});
      all.push_back({2, window(7, 3, 3, 0, 1, ceil), window(columns, 2, 2, 0, 1, ceil)});
      all.push_back({2, window(9, 3, 2, 1, 1, ceil), window(columns + 3, 3, 1, 1, 2, ceil)});
      all.push_back({70, window(5, 2, 1, 0, 2, ceil), window(columns + 3, 2, 3, 0, 1, ceil)});
    }
  for (const backend::pooling& p : all) {
    auto x = numbers<T>(p.planes * p.x_plane(), 1);  // many are equal
    for (std::size_t i = 3; i < x.size(); i += 29) x[i] = std::numeric_limits<T>::quiet_NaN();
    const auto dy = numbers<T>(p.planes * p.y_plane(), 2);
    const auto on = [&](backend::kind chosen, int threads) {
      const with_threads some(threads);
      const backend::scope scope(chosen);
      std::vector<std::vector<T>> r(4, dy);
      r[2] = x;
      backend::max_pool(p, x.data(), r[0].data(), r[1].data());
      backend::scatter_found(p, r[1].data(), dy.data(), r[2].data());
      backend::gather_found(p, r[1].data(), x.data(), r[3].data());
      for (std::vector<T>& list : r)
        for (T& v : list)
          if (std::isnan(v)) v = T(1e30);  // equal to itself
      CHECK(r[3] == r[0]);
      return r;
    };
    const auto wanted = on(backend::kind::scalar, 1);
    CHECK(on(backend::kind::simd, 1) == wanted);
    CHECK(on(backend::kind::simd, 3) == wanted);
  }
}
