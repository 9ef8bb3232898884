// SPDX-License-Identifier: BSL-1.0
// A transposed copy on xtensor.

#include <support/cases.hpp>

#include <algorithm>

#include <xtensor/xmanipulation.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>

namespace {

using matrix = xt::xtensor<float, 2>;

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "xtensor", cases::transposed_work(n), [n = static_cast<std::size_t>(n)] {
      matrix x({n, n});
      std::ranges::copy(measure::numbers(static_cast<std::int64_t>(n * n)), x.begin());
      return [x, y = x]() mutable -> auto& {
        xt::noalias(y) = xt::transpose(x);
        return y;
      };
    });
  return 0;
}();

}  // namespace
