// SPDX-License-Identifier: BSL-1.0
#include "kernel.hpp"

#include <tessera/op/elementwise/exponential.hpp>
#include <tessera/op/linalg/matmul.hpp>
#include <tessera/op/reduce/sum.hpp>

namespace ts = tessera;

namespace TESSERA_ARCHITECTURE {

finding look(const float* x, int n) {
  const ts::tensor<float, ts::shape<ts::dyn, 4>> a(ts::shape<ts::dyn, 4>{n / 4}, {x, static_cast<std::size_t>(n)});
  const auto product = ts::matmul(a, ts::tensor<float, ts::shape<4, 2>>{{1, 0}, {0, 1}, {1, 0}, {0, 1}});
  const float total = ts::sum(product * 2.f + ts::exp(product - product)).item();
  return {ts::backend::width<ts::backend::simd_register<float>>, total + static_cast<float>(shared_by_name(x, n).size())};
}

void fail() { ts::raise<ts::value_error>({"raised ", 1, " level below"}); }

}  // namespace TESSERA_ARCHITECTURE
