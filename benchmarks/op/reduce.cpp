// SPDX-License-Identifier: BSL-1.0
// Sums over axes, softmax and argmax of matrices that no cache holds.

#include <support/cases.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

template <int N>
ts::tensor<float, ts::shape<N, N>> numbers() {
  return {ts::shape<N, N>{}, measure::numbers(N * N)};
}

template <int N>
void add(const char* name, measure::work w, auto operation) {
  measure::add(name, "tessera", w, [=] {
    return [=, x = numbers<N>()] {
      const ts::tensor y = operation(x);
      benchmark::DoNotOptimize(y.data());
    };
  });
}

[[maybe_unused]] const int registered = [] {
  add<cases::large>(cases::sum_axis_0, cases::sum_work, [](const auto& x) { return ts::sum(x, ts::axis<0>); });
  add<cases::large>(cases::sum_axis_1, cases::sum_work, [](const auto& x) { return ts::sum(x, ts::axis<1>); });
  add<cases::large>(cases::sum_all, cases::sum_work, [](const auto& x) { return ts::sum(x); });
  add<cases::middle>(cases::softmax, cases::softmax_work, [](const auto& x) { return ts::softmax(x, ts::axis<1>); });
  add<cases::middle>(cases::argmax, cases::argmax_work, [](const auto& x) { return ts::argmax(x, ts::axis<1>); });
  return 0;
}();

}  // namespace
