// SPDX-License-Identifier: BSL-1.0
// Copies through index maps against one loop over all indices.
#include <tessera/backend/copy.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

namespace tessera::tests {
namespace {

/// Copies a tensor whose axes lie in memory in the order `order`, with room between rows, to row-major order, and compares.
template <class T>
void check_permuted(const extents& shape, const extents& order, extent padding) {
  extents strides = extents::filled(shape.rank, 0);
  extent step = 1;
  for (int i = shape.rank - 1; i >= 0; --i) {
    const int axis = static_cast<int>(order[i]);
    strides[axis] = step;
    step *= shape[axis] + (i == shape.rank - 1 ? padding : 0);
  }
  std::vector<T> from(static_cast<std::size_t>(step)), to(static_cast<std::size_t>(count(shape)) + 2, T(0));
  std::iota(from.begin(), from.end(), T(1));
  backend::copy_strided<T>(shape, from.data(), strides, to.data() + 1, row_major(shape));
  CHECK(to.front() == T(0));
  CHECK(to.back() == T(0));
  extent wrong = 0;
  for (extent i = 0; i < count(shape); ++i) {
    extent rest = i, at = 0;
    for (int axis = shape.rank - 1; axis >= 0; --axis) {
      at += rest % shape[axis] * strides[axis];
      rest /= shape[axis];
    }
    wrong += to[static_cast<std::size_t>(i) + 1] != from[static_cast<std::size_t>(at)];
  }
  CAPTURE(to_string(shape));
  CAPTURE(to_string(order));
  CHECK(wrong == 0);
}

TEST_SUITE("backend/copy") {
  TEST_CASE_TEMPLATE("copy: every order of the axes of small tensors", T, float, double, std::int32_t, std::int64_t, std::uint8_t) {
    for (const extent padding : {0, 3})
      for (const extents& shape : {extents{5, 7}, extents{16, 16}, extents{17, 33}, extents{64, 3}, extents{3, 64}, extents{70, 300}, extents{4, 4}, extents{1, 9}})
        for (const extents& order : {extents{0, 1}, extents{1, 0}}) check_permuted<T>(shape, order, padding);
    for (const extents& order : {extents{0, 1, 2}, extents{0, 2, 1}, extents{1, 0, 2}, extents{1, 2, 0}, extents{2, 0, 1}, extents{2, 1, 0}})
      for (const extents& shape : {extents{3, 20, 18}, extents{17, 1, 40}, extents{6, 33, 5}}) check_permuted<T>(shape, order, 0);
    check_permuted<T>({2, 19, 3, 21}, {3, 0, 2, 1}, 0);
    check_permuted<T>({}, {}, 0);
    check_permuted<T>({0, 4}, {1, 0}, 0);
  }

  TEST_CASE_TEMPLATE("copy: large transpositions, past the caches and on any number of threads", T, float, std::int64_t) {
    const int before = num_threads();
    for (const int threads : {1, 2}) {
      set_num_threads(threads);
      check_permuted<T>({2048, 1040}, {1, 0}, 0);
      check_permuted<T>({1601, 1333}, {1, 0}, 5);
      check_permuted<T>({3, 700, 1024}, {0, 2, 1}, 0);
    }
    set_num_threads(before);
  }

  TEST_CASE("copy: whole cache lines past the caches, where both ends are aligned") {
    constexpr extent n = 1536;
    alignas(64) static float from[n * n], to[n * n];
    std::iota(from, from + n * n, 0.f);
    backend::copy_strided<float>({n, n}, from, {1, n}, to, {n, 1});
    extent wrong = 0;
    for (extent i = 0; i < n; ++i)
      for (extent j = 0; j < n; ++j) wrong += to[i * n + j] != from[j * n + i];
    CHECK(wrong == 0);
  }

  TEST_CASE("fill: few elements, many past the caches, and from any address") {
    std::vector<float> x((std::size_t{1} << 21) + 40);
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{17}, x.size() - 32})
      for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{16}}) {
        std::fill(x.begin(), x.end(), 1.f);
        backend::fill(x.data() + at, static_cast<extent>(n), 2.f);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) wrong += x[i] != (i >= at && i < at + n ? 2.f : 1.f);
        CHECK(wrong == 0);
      }
    alignas(64) static double aligned[(1 << 20) + 3];
    backend::fill(aligned, (extent{1} << 20) + 3, 3.);
    CHECK(std::accumulate(std::begin(aligned), std::end(aligned), 0.) == 3. * ((1 << 20) + 3));
  }
}

}  // namespace
}  // namespace tessera::tests
