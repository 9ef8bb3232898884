// SPDX-License-Identifier: BSL-1.0
// The three passes of a convolution by kernels of 3 x 3, each by itself: as conv2d and its backward sweep call them.

#include <support/cases.hpp>
#include <tessera/op/window/conv2d.hpp>

namespace ts = tessera;

namespace {

ts::any_tensor<float> numbers(const ts::extents& shape) {
  const auto values = measure::numbers(ts::count(shape));
  auto x = ts::any_tensor<float>::uninitialized(shape);
  std::copy(values.begin(), values.end(), x.mutable_data());
  return x;
}

[[maybe_unused]] const int registered = [] {
  for (const cases::convolution& c : cases::convolutions) {
    const ts::op::convolution_steps steps{{1, 1}, {1, 1}};
    const ts::extents x_shape{c.batch, c.in, c.side, c.side}, w_shape{c.out, c.in, 3, 3}, y_shape{c.batch, c.out, c.side, c.side};
    measure::add(c.name(cases::forward), "tessera", c.amount(), [=] {
      return [=, x = numbers(x_shape), w = numbers(w_shape)] { return ts::op::conv2d{steps}.value(x, w); };
    });
    measure::add(c.name(cases::data_gradient), "tessera", c.amount(), [=] {
      return [=, dy = numbers(y_shape), w = numbers(w_shape)] { return ts::op::conv2d_input{steps, x_shape}.value(dy, w); };
    });
    measure::add(c.name(cases::weight_gradient), "tessera", c.amount(), [=] {
      return [=, dy = numbers(y_shape), x = numbers(x_shape)] { return ts::op::conv2d_weight{steps, w_shape}.value(dy, x); };
    });
  }
  return 0;
}();

}  // namespace
