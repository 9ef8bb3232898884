// SPDX-License-Identifier: BSL-1.0
#include <support/recurrent.hpp>

namespace tessera::tests {

TEST_CASE("lstm at every place") {
  check_lstm<nn::lstm<6, 5>>("one layer", false);
  check_lstm<nn::lstm<6, 5, nn::of<double>>>("one layer and a state", true);
  check_lstm<nn::lstm<6, 5, nn::layers<2>, nn::bidirectional, nn::batch_first, nn::of<double>>>("two layers, both ways", true);
  check_lstm<nn::lstm<6, 5, nn::layers<2>, nn::no_bias, nn::of<double>>>("dropout", false, 0.4);
  check_lstm<nn::lstm<6, 5, nn::layers<2>, nn::bidirectional, nn::proj_size<3>, nn::of<double>>>("projected", true);
}

}  // namespace tessera::tests
