// SPDX-License-Identifier: BSL-1.0
// Every architecture that this processor runs gives the same result with registers of its own width; the best is chosen.
#include "kernel.hpp"

#include <tessera/op/linalg/matmul.hpp>
#include <tessera/op/reduce/sum.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  std::vector<float> x(64);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7);
  const int n = static_cast<int>(x.size());

  // The same operations compiled for every processor, in this object.
  const tessera::tensor<float, tessera::shape<tessera::dyn, 4>> a(tessera::shape<tessera::dyn, 4>{n / 4}, {x.data(), x.size()});
  const auto product = tessera::matmul(a, tessera::tensor<float, tessera::shape<4, 2>>{{1, 0}, {0, 1}, {1, 0}, {0, 1}});
  const double wanted = 2 * static_cast<double>(tessera::sum(product).item()) + n / 2 + static_cast<double>(shared_by_name(x.data(), n).size());

  int failures = 0;
  const auto check = [&](const char* name, int lanes, const finding& found) {
    const bool right = (found.lanes == lanes || !tessera::has_xsimd) && std::abs(found.number - wanted) < 1e-3;
    std::printf("%s: %d lanes, %g (%g)\n", name, found.lanes, found.number, wanted);
    failures += !right;
  };
  check("sse2", 4, tessera_sse2::look(x.data(), n));
  int best = 4;
#if EXPECT_AVX2
  if (__builtin_cpu_supports("x86-64-v3")) check("avx2", best = 8, tessera_avx2::look(x.data(), n));
  else std::puts("avx2: this processor has it not");
#endif
#if EXPECT_AVX512
  if (__builtin_cpu_supports("x86-64-v4")) check("avx512", best = 16, tessera_avx512::look(x.data(), n));
  else std::puts("avx512: this processor has it not");
#endif
  check("best", best, TESSERA_BEST_ARCHITECTURE(look)(x.data(), n));
  try {
    TESSERA_BEST_ARCHITECTURE(fail)();
    ++failures;
  } catch (const tessera::value_error& e) {  // an exception of one object is caught in another
    failures += std::string(e.what()) != "raised 1 level below";
  }
  return failures;
}
