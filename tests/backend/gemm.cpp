// SPDX-License-Identifier: BSL-1.0
#include <support/with_threads.hpp>
#include <tessera/backend/gemm.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using tessera::tests::with_threads;

using tessera::extent;
using tessera::backend::matrix;

std::size_t at(extent i) { return static_cast<std::size_t>(i); }

// Numbers that look random, the same in every run.
template <class T>
std::vector<T> numbers(extent count, unsigned seed) {
  std::vector<T> x(at(count));
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (T& v : x) {
    state = state * 1664525U + 1013904223U;
    v = static_cast<T>(static_cast<double>(state >> 8) / (1 << 23) - 1);
  }
  return x;
}

struct layout {
  bool transposed;
  extent padding;  // between rows
  extent step;     // between elements of a row
};

template <class T>
struct operand {
  operand(extent rows, extent columns, layout l, unsigned seed)
      : step(l.step), leading((l.transposed ? rows : columns) * l.step + l.padding),
        values(numbers<T>((l.transposed ? columns : rows) * leading + 1, seed)), transposed(l.transposed) {}
  [[nodiscard]] matrix<T> view() const {
    return {values.data(), transposed ? step : leading, transposed ? leading : step};
  }
  extent step, leading;
  std::vector<T> values;
  bool transposed;
};

constexpr double guard = 77;  // around C: must survive

template <class T>
struct outcome {
  std::vector<T> c;
  extent ldc;
};

template <class T>
outcome<T> product(extent m, extent n, extent k, matrix<T> a, matrix<T> b, extent ldc, bool accumulate, const T* bias) {
  outcome<T> r{std::vector<T>(at(m * ldc + 8), T(guard)), ldc};
  for (extent i = 0; i < m; ++i)
    for (extent j = 0; j < n; ++j) r.c[at(i * ldc + j)] = accumulate ? T(i - j) : std::numeric_limits<T>::quiet_NaN();
  tessera::backend::gemm(m, n, k, a, b, r.c.data(), ldc, accumulate, bias);
  return r;
}

// The largest error in units of the rounding that k products can accumulate; infinite where C is wrong or overrun.
template <class T>
double error(const outcome<T>& r, extent m, extent n, extent k, matrix<T> a, matrix<T> b, bool accumulate, const T* bias) {
  double worst = 0;
  for (extent i = 0; i < m; ++i)
    for (extent j = 0; j < r.ldc; ++j) {
      const double got = static_cast<double>(r.c[at(i * r.ldc + j)]);
      if (j >= n) {
        if (got != guard) return std::numeric_limits<double>::infinity();
        continue;
      }
      double sum = accumulate ? static_cast<double>(i - j) : bias != nullptr ? static_cast<double>(bias[j]) : 0;
      double size = std::abs(sum);
      for (extent p = 0; p < k; ++p) {
        const double x = static_cast<double>(*a.at(i, p)) * static_cast<double>(*b.at(p, j));
        sum += x;
        size += std::abs(x);
      }
      const double allowed = (static_cast<double>(k) + 2) * static_cast<double>(std::numeric_limits<T>::epsilon()) * size;
      const double off = std::abs(got - sum);
      if (!(off <= allowed)) worst = std::max(worst, allowed > 0 ? off / allowed : std::numeric_limits<double>::infinity());
      if (std::isnan(got)) return std::numeric_limits<double>::infinity();
    }
  for (extent i = m * r.ldc; i < m * r.ldc + 8; ++i)
    if (r.c[at(i)] != T(guard)) return std::numeric_limits<double>::infinity();
  return worst;
}

template <class T>
void check(extent m, extent n, extent k, layout la, layout lb, extent padding, int mode) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(la.transposed);
  CAPTURE(lb.transposed);
  CAPTURE(mode);
  const operand<T> a(m, k, la, 1), b(k, n, lb, 2);
  const std::vector<T> bias = numbers<T>(n, 3);
  const bool accumulate = mode == 2;
  const T* add = mode == 1 ? bias.data() : nullptr;
  const auto r = product<T>(m, n, k, a.view(), b.view(), n + padding, accumulate, add);
  CHECK(error<T>(r, m, n, k, a.view(), b.view(), accumulate, add) == 0);
}

}  // namespace

TEST_SUITE("backend/gemm") {
  TEST_CASE_TEMPLATE("gemm: agrees with a triple loop for every small shape, layout and mode", T, float, double) {
    for (const extent m : {1, 2, 3, 5, 7, 13, 33})
      for (const extent n : {1, 2, 3, 5, 10, 17, 31, 65})
        for (const extent k : {0, 1, 2, 3, 7, 16, 33})
          for (int way = 0; way < 4; ++way)
            check<T>(m, n, k, {way % 2 != 0, way * 3 % 4, 1}, {way / 2 != 0, way % 3, 1}, way, static_cast<int>(m + n + k) % 3);
  }

  TEST_CASE_TEMPLATE("gemm: strips of eight rows by part of a register", T, float, double) {
    for (const extent m : {8, 16, 40})
      for (extent n = 4; n <= 17; ++n)
        for (const extent k : {1, 2, 3, 4, 8, 29})
          for (int mode = 0; mode < 3; ++mode)
            for (const bool transposed : {false, true}) check<T>(m, n, k, {transposed, mode, 1}, {false, static_cast<int>(k) % 2 * 3, 1}, mode, mode);
  }

  TEST_CASE_TEMPLATE("gemm: agrees with a triple loop for sampled sizes", T, float, double) {
    constexpr extent sizes[] = {1, 3, 13, 31, 33, 64, 65, 100, 129, 257};
    std::uint32_t state = 7;
    const auto draw = [&](std::uint32_t n) { return static_cast<extent>((state = state * 1664525U + 1013904223U) >> 16) % extent{n}; };
    for (int sample = 0; sample < 60; ++sample) {
      const extent m = sizes[draw(10)], n = sizes[draw(10)], k = sizes[draw(10)];
      const layout la{draw(2) == 1, draw(3), 1 + draw(4) / 3}, lb{draw(2) == 1, draw(3), 1 + draw(4) / 3};
      check<T>(m, n, k, la, lb, draw(5), static_cast<int>(draw(3)));
    }
  }

  TEST_CASE_TEMPLATE("gemm: blocks of every dimension fit together", T, float, double) {
    for (int way = 0; way < 4; ++way) {
      check<T>(30, 40, 1000, {way % 2 != 0, 0, 1}, {way / 2 != 0, 0, 1}, 0, 1);   // several blocks of k, with a bias
      check<T>(30, 40, 1000, {way % 2 != 0, 0, 1}, {way / 2 != 0, 0, 1}, 3, 2);
      check<T>(9, 4500, 20, {way % 2 != 0, 0, 1}, {way / 2 != 0, 0, 1}, 1, 1);    // of columns
      check<T>(6500, 37, 9, {way % 2 != 0, 0, 1}, {way / 2 != 0, 0, 1}, 0, 2);    // of rows
      check<T>(6500, 300, 5, {way % 2 != 0, 0, 1}, {way / 2 != 0, 0, 1}, 0, 0);
    }
  }

  TEST_CASE_TEMPLATE("gemm: every number of rows is covered by tiles, packed or in place", T, float, double) {
    for (extent m = 1; m <= 40; ++m)
      for (const extent n : {4, 16, 32, 40})
        for (int way = 0; way < 4; ++way) check<T>(m, n, 21, {way % 2 != 0, 0, way == 3 ? 2 : 1}, {way / 2 != 0, 0, 1}, 1, static_cast<int>(m + n) % 3);
  }

  TEST_CASE_TEMPLATE("gemm: rows that collide in a cache, and blocks of rows that share panels", T, float, double) {
    constexpr extent page = 4096 / sizeof(T);
    for (int way = 0; way < 4; ++way) {
      const layout a{way % 2 != 0, way % 2 != 0 ? page - 150 : page - 35, 1}, b{way / 2 != 0, way / 2 != 0 ? page - 35 : page - 90, 1};
      check<T>(150, 90, 35, a, b, 0, 0);
      check<T>(301, 90, 35, {way % 2 != 0, 1, 1}, {way / 2 != 0, 1, 1}, 2, 1);
      check<T>(301, 600, 35, {way % 2 != 0, 1, 1}, {way / 2 != 0, 1, 1}, 2, 2);
    }
  }

  TEST_CASE_TEMPLATE("gemm: a row times a matrix of long rows", T, float, double) {
    for (const extent k : {1, 2, 3, 4, 7, 9})
      for (const extent n : {300, 1029, 5000}) check<T>(1, n, k, {false, 0, 1}, {false, 0, 1}, 0, static_cast<int>(k) % 3);
  }

  TEST_CASE_TEMPLATE("gemm: infinity and NaN stay in their rows and columns", T, float, double) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for (const extent m : {1, 2, 5, 13, 30})
      for (const extent n : {1, 10, 33, 300}) {
        constexpr extent k = 7;
        std::vector<T> a(at(m * k), T(1)), b(at(k * n), T(1)), c(at(m * n));
        b[at((k - 1) * n)] = infinity;
        a[at((m - 1) * k)] = std::numeric_limits<T>::quiet_NaN();
        tessera::backend::gemm<T>(m, n, k, {a.data(), k, 1}, {b.data(), n, 1}, c.data(), n, false);
        for (extent i = 0; i < m; ++i)
          for (extent j = 0; j < n; ++j) {
            const T x = c[at(i * n + j)];
            CHECK((i == m - 1 ? std::isnan(x) : j == 0 ? x == infinity : x == T(k)));
          }
      }
  }

  TEST_CASE_TEMPLATE("gemm: strides may be zero or negative", T, float, double) {
    for (const extent m : {1, 6, 40})
      for (const extent n : {1, 6, 70}) {
        const extent k = 50;
        const std::vector<T> x = numbers<T>(70 * 50, 4), y = numbers<T>(70 * 50, 5);
        const matrix<T> a[] = {{x.data(), 0, 1}, {x.data() + (m - 1) * k, -k, 1}, {x.data() + k - 1, k, -1}, {x.data(), 1, 0}};
        const matrix<T> b[] = {{y.data(), 0, 1}, {y.data() + (k - 1) * n, -n, 1}, {y.data() + n - 1, n, -1}, {y.data(), 1, 0}};
        for (const auto& left : a)
          for (const auto& right : b) {
            const auto r = product<T>(m, n, k, left, right, n, false, nullptr);
            CHECK(error<T>(r, m, n, k, left, right, false, nullptr) == 0);
          }
      }
  }

  TEST_CASE("gemm: without columns of A it gives zeros, the bias, or leaves C") {
    const float none = 0, bias[] = {1, 2, 3};
    float c[] = {9, 9, 9, 9, 9, 9};
    tessera::backend::gemm<float>(2, 3, 0, {&none, 0, 1}, {&none, 3, 1}, c, 3, true, bias);
    for (const float x : c) CHECK(x == 9);
    tessera::backend::gemm<float>(2, 3, 0, {&none, 0, 1}, {&none, 3, 1}, c, 3, false, bias);
    for (int i = 0; i < 6; ++i) CHECK(c[i] == bias[i % 3]);
    tessera::backend::gemm<float>(2, 3, 0, {&none, 0, 1}, {&none, 3, 1}, c, 3, false);
    for (const float x : c) CHECK(x == 0);
  }

  TEST_CASE("gemm: without rows or columns of C it touches nothing") {
    const float x = 1;
    float c = 5;
    tessera::backend::gemm<float>(0, 1, 1, {&x, 1, 1}, {&x, 1, 1}, &c, 1, false);
    tessera::backend::gemm<float>(1, 0, 1, {&x, 1, 1}, {&x, 1, 1}, &c, 1, false);
    CHECK(c == 5);
  }

  TEST_CASE_TEMPLATE("gemm: any number of threads gives equal bits", T, float, double) {
    struct size { extent m, n, k; };
    for (const size s : {size{200, 300, 500}, size{64, 784, 128}, size{1, 3000, 400}, size{3000, 1, 400}, size{7, 900, 700}})
      for (int way = 0; way < 4; ++way) {
        const operand<T> a(s.m, s.k, {way % 2 != 0, 0, 1}, 1), b(s.k, s.n, {way / 2 != 0, 0, 1}, 2);
        const auto run = [&](int threads) {
          const with_threads some(threads);
          return product<T>(s.m, s.n, s.k, a.view(), b.view(), s.n, false, nullptr).c;
        };
        const std::vector<T> one = run(1);
        CHECK(run(2) == one);
        CHECK(run(3) == one);
      }
  }

  TEST_CASE_TEMPLATE("gemm: integers wrap around", T, std::int32_t, std::int64_t, std::uint8_t) {
    constexpr extent m = 5, n = 6, k = 7;
    std::vector<T> a(m * k), b(k * n), bias(n);
    std::uint64_t state = 3;
    const auto draw = [&] { return static_cast<T>((state = state * 6364136223846793005U + 1442695040888963407U) >> 11); };
    for (auto* x : {&a, &b, &bias})
      for (T& v : *x) v = draw();
    for (int way = 0; way < 2; ++way)
      for (int mode = 0; mode < 3; ++mode) {
        const matrix<T> left{a.data(), k, 1}, right = way == 0 ? matrix<T>{b.data(), n, 1} : matrix<T>{b.data(), 1, k};
        std::vector<T> c(m * n, T(3));
        tessera::backend::gemm<T>(m, n, k, left, right, c.data(), n, mode == 2, mode == 1 ? bias.data() : nullptr);
        for (extent i = 0; i < m; ++i)
          for (extent j = 0; j < n; ++j) {
            std::uint64_t sum = mode == 2 ? 3U : mode == 1 ? static_cast<std::uint64_t>(bias[at(j)]) : 0U;
            for (extent p = 0; p < k; ++p) sum += static_cast<std::uint64_t>(*left.at(i, p)) * static_cast<std::uint64_t>(*right.at(p, j));
            CHECK(c[at(i * n + j)] == static_cast<T>(sum));
          }
      }
  }

#if TESSERA_REFERENCE_KERNELS
  TEST_CASE_TEMPLATE("gemm: both backends agree with the triple loop", T, float, double) {
    for (const auto chosen : {tessera::backend::kind::scalar, tessera::backend::kind::simd}) {
      const tessera::backend::scope scope(chosen);
      for (int way = 0; way < 4; ++way)
        for (int mode = 0; mode < 3; ++mode) check<T>(37, 45, 70, {way % 2 != 0, 1, 1}, {way / 2 != 0, 2, 1}, 1, mode);
    }
  }

  TEST_CASE("gemm: the scope chooses the backend") {
    const std::vector<float> x(1000, 0.1F);  // the order of summation shows
    const auto dot = [&](tessera::backend::kind chosen) {
      const tessera::backend::scope scope(chosen);
      float c = 0;
      tessera::backend::gemm<float>(1, 1, 1000, {x.data(), 1000, 1}, {x.data(), 1, 1}, &c, 1, false);
      return c;
    };
    const float reference = dot(tessera::backend::kind::scalar), fast = dot(tessera::backend::kind::simd);
    CHECK(reference == doctest::Approx(fast).epsilon(1e-4));
    if (tessera::has_xsimd) CHECK(reference != fast);
  }
#endif
}
