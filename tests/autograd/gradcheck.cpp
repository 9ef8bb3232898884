// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/gradcheck.hpp>
#include <tessera/op/op.hpp>

#include <doctest/doctest.h>

namespace tessera::tests {
namespace {

const tensor<double, shape<2, 3>> x{{0.3, -0.7, 1.1}, {0.9, 0.2, -1.4}};
const tensor<double, shape<3>> w{0.5, -1.25, 2.0};

/// Does it fail, and does the message hold every part?
bool fails_with(const gradcheck_result& result, std::initializer_list<const char*> parts) {
  bool all = !result;
  for (const char* part : parts) all = all && result.message.find(part) != std::string::npos;
  if (!all) MESSAGE(result.message);
  return all;
}

}  // namespace

TEST_CASE("gradcheck: a right derivative passes, of any shape and number of inputs") {
  const gradcheck_result result = gradcheck([](const auto& a, const auto& b) { return tanh(a * b) + sin(a); }, x, w);
  CHECK(result);
  CHECK(result.message.empty());
  CHECK(gradcheck([](const auto& a) { return sum(a * a, axis<0>); }, x));
  CHECK(gradcheck([](const auto& a, const auto& b) { return matmul(a, b); }, x, w));
}

TEST_CASE("gradcheck: what a wrong derivative is, and where") {
  // detach hides one factor: backward() gives b, the difference 2 b.
  CHECK(fails_with(gradcheck([](const auto& a, const auto& b) { return variable(a + b * detach(b)); }, x, w),
                   {"tessera::gradcheck", "input 1, element [0]", "output element [0, 0]", "is 0.5 by backward()", "and 1 numerically"}));
  // Only one element is wrong.
  const auto one_wrong = [](const auto& a) {
    tensor<double, shape<2, 3>> only_one;
    only_one(1, 2) = a.value()(1, 2);
    return variable(a * 2.0 + only_one);
  };
  CHECK(fails_with(gradcheck(one_wrong, x), {"input 0, element [1, 2]", "output element [1, 2]", "is 2 by", "and 3 numerically"}));
}

TEST_CASE("gradcheck: a lost gradient counts as 0, and NaN never passes") {
  CHECK(fails_with(gradcheck([](const auto& a) { return variable(detach(a) * 3.0); }, x), {"is 0 by backward()"}));
  CHECK(fails_with(gradcheck([](const auto& a) { return sqrt(a * 0.0); }, x), {"nan"}));
}

TEST_CASE("gradcheck: options") {
  const auto slightly_wrong = [](const auto& a) { return variable(a + 0.01 * detach(a)); };
  CHECK_FALSE(gradcheck(slightly_wrong, x));
  CHECK(gradcheck(slightly_wrong, {.rtol = 0.02}, x));
  CHECK(gradcheck(slightly_wrong, {.atol = 0.02, .rtol = 0}, x));
  // A coarse step sees the curvature of a cube.
  CHECK_FALSE(gradcheck([](const auto& a) { return a * a * a; }, {.eps = 0.5}, x));
}

TEST_CASE("gradgradcheck: second derivatives of elementwise, reducing and multiplying functions") {
  const gradcheck_result result = gradgradcheck([](const auto& a, const auto& b) { return tanh(a * b) * exp(a); }, x, w);
  CHECK(result);
  CHECK(result.message.empty());
  CHECK(gradgradcheck([](const auto& a) { return sum(a * a * a, axis<1>); }, x));
  CHECK(gradgradcheck([](const auto& a, const auto& b) { return matmul(a, b); }, x, w));
  CHECK(gradgradcheck([](const auto& a) { return a + 1.0; }, x));  // a gradient that does not depend on the input
}

TEST_CASE("gradgradcheck: a gradient that cannot be differentiated again is found") {
  // The first derivative of a * detach(a) + its other half is right in value only.
  const auto half = [](const auto& a) { return variable(a * detach(a)); };
  CHECK(fails_with(gradgradcheck(half, x), {"tessera::gradgradcheck", "input 0, element [0, 0]"}));
}

}  // namespace tessera::tests
