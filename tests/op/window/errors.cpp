// SPDX-License-Identifier: BSL-1.0
// What convolutions and poolings refuse, and what they do at the edges of numbers.
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

#include <limits>

namespace tessera::tests {
namespace {

using images = tensor<float, shape<dyn, dyn, dyn, dyn>>;
images of(extent n, extent c, extent h, extent w) { return images(images::shape_type{n, c, h, w}, 1.f); }

constexpr float nan32 = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("conv2d: shapes known only at run time are refused with their names") {
  const auto refused = [](const auto& call, const char* message) { CHECK_THROWS_WITH_AS(static_cast<void>(call()), message, shape_error); };
  refused([] { return conv2d(of(1, 3, 5, 5), of(2, 4, 3, 3)); }, "tessera::conv2d: an input of shape [1, 3, 5, 5] and a weight of shape [2, 4, 3, 3] do not fit: axis 1 of the input is not axis 1 of the weight times 1 group");
  refused([] { return conv2d(of(1, 3, 5, 5), of(2, 3, 3, 3), groups{2}); }, "tessera::conv2d: an input of shape [1, 3, 5, 5] and a weight of shape [2, 3, 3, 3] do not fit: axis 1 of the input is not axis 1 of the weight times 2 groups");
  refused([] { return conv2d(of(1, 3, 5, 2), of(2, 3, 3, 5), padding{1}); }, "tessera::conv2d: an input of shape [1, 3, 5, 2] and a weight of shape [2, 3, 3, 5] do not fit: at axis 3 the kernel is empty or larger than the image with its padding of 1");
  refused([] { return conv2d(of(1, 3, 5, 2), of(2, 3, 0, 2)); }, "tessera::conv2d: an input of shape [1, 3, 5, 2] and a weight of shape [2, 3, 0, 2] do not fit: at axis 2 the kernel is empty or larger than the image with its padding of 0");
  refused([] { return conv2d(of(1, 3, 5, 5), of(2, 3, 3, 3), tensor<float, shape<dyn>>(shape<dyn>{3}, 1.f)); }, "tessera::conv2d: the bias has not an element for each of the 2 channels of weight [2, 3, 3, 3] at axis 0");
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 3, 5, 5), of(2, 3, 3, 3), stride{0})), "tessera::conv2d: stride [0, 0], padding [0, 0] and dilation [1, 1] must be at least 1, 0 and 1", value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 3, 5, 5), of(2, 3, 3, 3), padding{0, -1})), doctest::Contains("padding [0, -1]"), value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 6, 5, 5), of(3, 3, 3, 3), groups{2})), "tessera::conv2d: weight [3, 3, 3, 3] does not fall into 2 groups at axis 0", value_error);
}

TEST_CASE("poolings: what cannot be is refused with the operation's name") {
  CHECK_THROWS_WITH_AS(static_cast<void>(max_pool2d(of(1, 2, 5, 2), window{3})), "tessera::max_pool2d: the window [3, 3] is larger than an input of shape [1, 2, 5, 2] with its padding at axis 3", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(max_pool2d(of(1, 2, 5, 5), window{2}, padding{2})),
                       "tessera::max_pool2d: window [2, 2], stride [2, 2] and dilation [1, 1] must be at least 1, and padding [2, 2] at most half of the window", value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(avg_pool2d(of(1, 2, 5, 5), window{2}, stride{0})), doctest::Contains("tessera::avg_pool2d: window"), value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(avg_pool2d(of(1, 2, 0, 5), window<2>{})), doctest::Contains("tessera::avg_pool2d: the window"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(max_pool2d(of(1, 2, 1, 5), window{2, 1}, dilation{4, 1}, padding{2, 0})),
                       "tessera::max_pool2d: of an input of shape [1, 2, 1, 5] result 0 at axis 2 would be of padding alone", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(max_pool2d(of(1, 2, 0, 5), window{2}, padding{1})), doctest::Contains("of padding alone"), shape_error);
  CHECK(max_pool2d(of(1, 2, 3, 5), window{2, 1}, dilation{3, 1}, padding{1, 0}).size() == 2 * 1 * 5);
  CHECK_THROWS_WITH_AS(static_cast<void>(adaptive_avg_pool2d(of(1, 2, 0, 5), window{2})), "tessera::adaptive_avg_pool2d: an input of shape [1, 2, 0, 5] has nothing to average at axis 2", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(adaptive_avg_pool2d(of(1, 2, 3, 5), window{0})), doctest::Contains("must be at least 1"), value_error);
}

TEST_CASE("max_pool2d: the first of equals, the last NaN, and padding that is never chosen") {
  variable x{tensor<float, shape<1, 1, 2, 8>>({{{{3.f, 1.f, nan32, 1.f, -infinite, -infinite, 0.f, -0.f}, {3.f, 3.f, nan32, 2.f, -infinite, -infinite, 0.f, 0.f}}}})};
  const variable y = max_pool2d(x, window<2>{});
  CHECK(y(0, 0, 0, 0) == 3);
  CHECK(std::isnan(y(0, 0, 0, 1)));
  CHECK(y(0, 0, 0, 2) == -infinite);
  CHECK(y(0, 0, 0, 3) == 0);
  sum(y).backward();
  const std::vector<double> wanted{1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0};
  CHECK(numbers(x.grad()) == wanted);
  const tensor<float, shape<1, 3, 3>> negative(shape<1, 3, 3>{}, -5.f);
  for (const float v : max_pool2d(negative, window<3>{}, stride<1>{}, padding<1>{}).span()) CHECK(v == -5);
}

TEST_CASE("max_pool2d_with_indices: the first of equals, the last NaN, and the first that is no padding") {
  const tensor<float, shape<1, 1, 2, 8>> x{{{{3.f, 1.f, nan32, 1.f, -infinite, -infinite, 0.f, -0.f}, {3.f, 3.f, nan32, 2.f, -infinite, -infinite, 0.f, 0.f}}}};
  const auto [values, indices] = max_pool2d_with_indices(x, window<2>{});
  static_assert(std::same_as<std::remove_cvref_t<decltype(indices)>, tensor<std::int64_t, shape<1, 1, 1, 4>>>);
  CHECK(numbers(indices) == std::vector<double>{0, 10, 4, 6});
  CHECK(values(0, 0, 0, 0) == 3);
  CHECK(std::isnan(values(0, 0, 0, 1)));
  const tensor<float, shape<1, 2, 2>> lowest(shape<1, 2, 2>{}, -infinite);
  CHECK(numbers(max_pool2d_with_indices(lowest, window<2>{}, stride<1>{}, padding<1>{}).indices) == std::vector<double>{0, 0, 1, 0, 0, 1, 2, 2, 3});
  const auto whole = max_pool2d_with_indices(tensor<std::int64_t, shape<1, 2, 4>>{{{1, 5, -7, -3}, {2, 4, -9, -4}}}, window<2>{});
  CHECK(numbers(whole.values) == std::vector<double>{5, -3});
  CHECK(numbers(whole.indices) == std::vector<double>{1, 3});
  CHECK(max_pool2d_with_indices(of(0, 2, 4, 4), window{2}).indices.size() == 0);
  CHECK_THROWS_WITH_AS(static_cast<void>(max_pool2d_with_indices(of(1, 2, 5, 2), window{3})),
                       "tessera::max_pool2d_with_indices: the window [3, 3] is larger than an input of shape [1, 2, 5, 2] with its padding at axis 3", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(avg_pool2d(of(1, 2, 4, 4), window<2>{}, divisor_override{0})), "tessera::avg_pool2d: divisor_override is 0, and nothing can be divided by it", value_error);
}

TEST_CASE("max_pool2d of relu: what is no number stays, and where nothing is positive there is no gradient") {
  variable x{tensor<float, shape<1, 2, 6>>({{{nan32, 1.f, -1.f, -2.f, -0.f, 3.f}, {2.f, 5.f, -3.f, -1.f, infinite, 4.f}}})};
  const variable y = max_pool2d(relu(x), window<2>{});
  CHECK(std::isnan(y(0, 0, 0)));
  CHECK(y(0, 0, 1) == 0);
  CHECK(y(0, 0, 2) == infinite);
  sum(y).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
}

TEST_CASE("max_pool2d and conv2d of integers") {
  const tensor<int, shape<1, 2, 4>> x{{{1, 5, -7, -3}, {2, 4, -9, -4}}};
  CHECK(numbers(max_pool2d(x, window<2>{})) == std::vector<double>{5, -3});
  const tensor<int, shape<1, 1, 2, 2>> image{{{{1, 2}, {3, 4}}}}, kernel{{{{1, 10}, {100, 1000}}}};
  CHECK(conv2d(image, kernel).item() == 4321);
  constexpr int large = 1 << 30;
  CHECK(conv2d(tensor<int, shape<1, 1, 1, 2>>{{{{large, large}}}}, tensor<int, shape<1, 1, 1, 2>>{{{{3, 2}}}}).item() == large);  // wraps around
  static_assert(std::same_as<element_t<decltype(avg_pool2d(x, window<2>{}))>, float>);
  CHECK(numbers(avg_pool2d(x, window<2>{})) == std::vector<double>{3, -5.75});
}

TEST_CASE("conv2d: an image that is not finite spoils no result that does not read it") {
  tensor<float, shape<1, 1, 4, 4>> x(shape<1, 1, 4, 4>{}, 1.f);
  x(0, 0, 0, 0) = nan32;
  const tensor<float, shape<1, 1, 2, 2>> w(shape<1, 1, 2, 2>{}, 1.f);
  const tensor y = conv2d(x, w);
  for (extent i = 0; i < 9; ++i) CHECK(std::isnan(y.data()[i]) == (i == 0));
  const auto check_gradient = [&](const auto& filters) {
    variable v{filters};
    sum(conv2d(x, v)).backward();
    const auto g = v.grad();
    for (extent i = 0; i < g.size(); ++i) CHECK(std::isnan(g.data()[i]) == (i % 4 == 0));
  };
  check_gradient(tensor<float, shape<1, 1, 2, 2>>(shape<1, 1, 2, 2>{}, 1.f));
  check_gradient(tensor<float, shape<20, 1, 2, 2>>(shape<20, 1, 2, 2>{}, 1.f));
}

}  // namespace tessera::tests
