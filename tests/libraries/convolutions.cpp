// SPDX-License-Identifier: BSL-1.0
// How convolutions reach cuDNN: their geometry, groups and bias, the gradients, and the choice of algorithms, by a stand-in that computes what
// cuDNN's manual says.
#include <op/op_list.hpp>
#include <support/places.hpp>
#include <tessera/tensor/create.hpp>

namespace tessera::tests {

TEST_CASE("convolutions and their derivatives by cuDNN") {
  cudnn_double::counted = {};
  cudnn_double::is_steady = true;
  convolutions([](const auto& op) { check_case_at_places(op); });
  CHECK(cudnn_double::counted.forward > 20);
  CHECK(cudnn_double::counted.data > 20);
  CHECK(cudnn_double::counted.filter > 20);
  CHECK(cudnn_double::is_steady);  // no algorithm whose results differ from run to run
}

namespace {
void convolve_once() {
  const with_device on(device::gpu());
  const auto x = full<float>(shape<2, 3, 9, 8>{}, 1.F);
  const auto w = full<float>(shape<4, 3, 3, 3>{}, 0.5F);
  const tensor y = conv2d(x, w, padding<1>{});
  CHECK(y.element_at(0) == doctest::Approx(3 * 4 * 0.5));
}
}  // namespace

TEST_CASE("a convolution is described to cuDNN once, in the precision that is allowed") {
  cudnn_double::counted = {};
  convolve_once();
  convolve_once();
  CHECK(cudnn_double::counted.forward == 2);
  CHECK(cudnn_double::counted.proposals == 1);
  CHECK(cudnn_double::math == CUDNN_FMA_MATH);
  gpu::allow_tf32(true);
  convolve_once();
  gpu::allow_tf32(false);
  CHECK(cudnn_double::math == CUDNN_TENSOR_OP_MATH);
  CHECK(cudnn_double::counted.proposals == 2);
  convolve_once();
  CHECK(cudnn_double::math == CUDNN_FMA_MATH);
}

TEST_CASE("where cuDNN has no algorithm the library's own kernels work") {
  cudnn_double::counted = {};
  cudnn_double::has_no_algorithm = true;
  const with_device on(device::gpu());
  const tensor y = conv2d(full<float>(shape<1, 2, 5, 5>{}, 1.F), full<float>(shape<3, 2, 2, 2>{}, 0.25F));
  cudnn_double::has_no_algorithm = false;
  CHECK(y.element_at(0) == doctest::Approx(2));
  CHECK(cudnn_double::counted.forward == 0);
}

}  // namespace tessera::tests
