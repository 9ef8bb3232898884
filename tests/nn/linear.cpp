// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>

using namespace tessera;
using namespace tessera::tests;

TEST_CASE("the same seed gives PyTorch's weights, bit for bit") {
  manual_seed(0);
  const nn::linear<784, 128> layer;
  for (int i = 0; i < 6; ++i) {
    CHECK(layer.weight(0, i) == static_cast<float>(linear_weight[i]));
    CHECK(layer.bias(i) == static_cast<float>(linear_bias[i]));
  }
  for (int i = 0; i < 3; ++i) CHECK(layer.weight(127, 781 + i) == static_cast<float>(linear_weight_end[i]));
  manual_seed(3);
  const nn::linear<5, 3, nn::of<double>> wide;
  for (int i = 0; i < 15; ++i) CHECK(wide.weight.data()[i] == linear_double[i]);
  for (int i = 0; i < 3; ++i) CHECK(wide.bias(i) == linear_double[15 + i]);
}

TEST_CASE("sizes may be known only at run time") {
  manual_seed(0);
  const nn::linear<784, 128> fixed;
  manual_seed(0);
  const nn::linear<dyn, dyn> open{784, 128};
  const auto x = wave<float>(shape<3, 784>{}, 0.01, 0.2);
  const auto a = fixed(x);
  const auto b = open(x);
  static_assert(std::same_as<std::remove_cvref_t<decltype(a)>, variable<float, shape<3, 128>>>);
  static_assert(std::same_as<std::remove_cvref_t<decltype(b)>, variable<float, shape<3, dyn>>>);
  for (extent i = 0; i < a.size(); ++i) CHECK(a.data()[i] == b.data()[i]);
  CHECK_THROWS_WITH_AS(static_cast<void>(open(wave<float>(shape<3, 700>{}, 1, 0))),
                       "tessera::linear: an input of shape [3, 700] has not the 784 features of weight [128, 784] at its last axis", shape_error);
  CHECK_THROWS_AS((nn::linear<784, dyn>{700, 3}), shape_error);
}

TEST_CASE("leading axes are batches, none is one sample, and an empty batch is empty") {
  const nn::linear<3, 2> layer;
  const auto x = wave<float>(shape<2, 4, 3>{}, 0.3, 0.1);
  const auto y = layer(x);
  static_assert(std::same_as<std::remove_cvref_t<decltype(y)>, variable<float, shape<2, 4, 2>>>);
  const auto one = layer(tensor<float, shape<3>>(slice(std::as_const(x), 1, 2)));
  CHECK(one(1) == doctest::Approx(y(1, 2, 1)));
  const auto none = layer(tensor<float, shape<dyn, 3>>(shape<dyn, 3>{0}, 0.f));
  CHECK(none.size() == 0);
  sum(none).backward();
  CHECK(layer.weight.grad()(0, 0) == 0);
}
