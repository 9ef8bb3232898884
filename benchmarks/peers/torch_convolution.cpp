// SPDX-License-Identifier: BSL-1.0
// The three passes of a convolution on LibTorch.

#include <peers/torch.hpp>

namespace {

using peers::numbers;

[[maybe_unused]] const int registered = [] {
  for (const cases::convolution& c : cases::convolutions) {
    const auto images = [](int batch, int channels, int side) { return numbers({batch, channels, side, side}); };
    peers::add_torch(c.name(cases::forward), c.amount(), [=] {
      return [x = images(c.batch, c.in, c.side), w = images(c.out, c.in, 3)] { return at::conv2d(x, w, {}, 1, 1); };
    });
    const auto add_gradient = [&](const char* kind, bool of_data) {
      peers::add_torch(c.name(kind), c.amount(), [=] {
        return [=, dy = images(c.batch, c.out, c.side), x = images(c.batch, c.in, c.side), w = images(c.out, c.in, 3)] {
          auto [dx, dw, db] = at::convolution_backward(dy, x, w, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1, {of_data, !of_data, false});
          return of_data ? dx : dw;
        };
      });
    };
    add_gradient(cases::data_gradient, true);
    add_gradient(cases::weight_gradient, false);
  }
  return 0;
}();

}  // namespace
