// SPDX-License-Identifier: BSL-1.0
// Sums over axes and argmax of matrices that no near cache holds; softmax, alone and with its gradient.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

template <int Rows, int Columns>
ts::tensor<float, ts::shape<Rows, Columns>> numbers() {
  return {ts::shape<Rows, Columns>{}, measure::numbers(Rows * Columns)};
}

template <int Rows, int Columns>
void add(const char* name, measure::work w, auto operation) {
  measure::add(name, "tessera", w, [=] { return [=, x = numbers<Rows, Columns>()] { return ts::tensor(operation(x)); }; });
}

[[maybe_unused]] const int registered = [] {
  using cases::large, cases::middle;
  add<large, large>(cases::sum_axis_0, cases::sum_work, [](const auto& x) { return ts::sum(x, ts::axis<0>); });
  add<large, large>(cases::sum_axis_1, cases::sum_work, [](const auto& x) { return ts::sum(x, ts::axis<1>); });
  add<large, large>(cases::sum_all, cases::sum_work, [](const auto& x) { return ts::sum(x); });
  add<middle, middle>(cases::softmax, cases::softmax_work, [](const auto& x) { return ts::softmax(x, ts::axis<1>); });
  add<large, middle>(cases::argmax, cases::argmax_work, [](const auto& x) { return ts::argmax(x, ts::axis<1>); });
  measure::add(cases::softmax_training, "tessera", cases::softmax_training_work, [] {
    return [x = ts::variable(numbers<middle, middle>()), dy = numbers<middle, middle>()]() mutable {
      x.zero_grad();
      ts::softmax(x, ts::axis<1>).backward(dy);
      return x.grad();
    };
  });
  return 0;
}();

}  // namespace
