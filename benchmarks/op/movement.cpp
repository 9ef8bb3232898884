// SPDX-License-Identifier: BSL-1.0
// A transposed copy.

#include <support/cases.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

using matrix = ts::tensor<float, ts::shape<ts::dyn, ts::dyn>>;

[[maybe_unused]] const int registered = [] {
  for (const int n : cases::transposed_sizes)
    measure::add(cases::transposed(n), "tessera", cases::transposed_work(n), [n] {
      return [x = matrix(ts::shape<ts::dyn, ts::dyn>{n, n}, measure::numbers(n * n)), y = matrix(ts::shape<ts::dyn, ts::dyn>{n, n}, 0.f)]() mutable -> auto& { return y = ts::transpose(x); };
    });
  return 0;
}();

}  // namespace
