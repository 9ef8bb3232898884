// SPDX-License-Identifier: BSL-1.0
// Matrix products of sizes that the compiler knows, by hand on the vectors that g++ and clang have: some
// rows of the result stay in registers while b passes by once.

#include <support/cases.hpp>

#include <cstring>

namespace {

using measure::numbers;

template <int N>
void multiply(const float* a, const float* b, float* c) {
  constexpr int lanes = N < 16 ? N : 16, registers = N / lanes, rows = N == 64 ? 4 : 8;
  typedef float vector __attribute__((vector_size(lanes * 4)));
  for (int i = 0; i < N; i += rows) {
    vector tile[rows][registers] = {};
    for (int l = 0; l < N; ++l) {
      vector row[registers];
#pragma GCC unroll 4
      for (int j = 0; j < registers; ++j) std::memcpy(&row[j], b + l * N + j * lanes, sizeof(vector));
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
        for (int j = 0; j < registers; ++j) tile[r][j] += a[(i + r) * N + l] * row[j];
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int j = 0; j < registers; ++j) std::memcpy(c + (i + r) * N + j * lanes, &tile[r][j], sizeof(vector));
  }
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_fixed_product([]<int N>(const cases::product& p, const std::string& name) {
    measure::add(name, "by hand", p.amount<float>(), [] {
      return [a = numbers(N * N), b = numbers(N * N), c = numbers(N * N)]() mutable -> auto& {
        multiply<N>(a.data(), b.data(), c.data());
        return c;
      };
    });
  });
  return 0;
}();

}  // namespace
