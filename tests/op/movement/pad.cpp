// SPDX-License-Identifier: BSL-1.0
// What pad and the paddings of conv2d refuse, and what they leave as it is.
#include <support/golden.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

#include <limits>

namespace tessera::tests {
namespace {

using images = tensor<float, shape<dyn, dyn, dyn, dyn>>;
images of(extent n, extent c, extent h, extent w) { return images(images::shape_type{n, c, h, w}, 1.f); }

}  // namespace

TEST_CASE("pad: shapes are as the compiler knows them") {
  const tensor<float, shape<dim<'N'>, 2, 3, dyn>> x(shape<dim<'N'>, 2, 3, dyn>{2, 4}, 1.f);
  static_assert(std::same_as<shape_t<decltype(pad(x, pads<1, 2>{}))>, shape<dim<'N'>, 2, 3, dyn>>);
  static_assert(std::same_as<shape_t<decltype(pad(x, pads<0, 0, 1, 1>{}))>, shape<dim<'N'>, 2, 5, dyn>>);
  static_assert(std::same_as<shape_t<decltype(pad(x, pads{0, 0, 1, 1}, circular_padding{}))>, shape<dim<'N'>, 2, dyn, dyn>>);
  CHECK(pad(x, pads<1, 2, 0, 1>{}).shape().values() == extents{2, 2, 4, 7});
  const tensor<float, shape<3, 2, 8, 6>> image(shape<3, 2, 8, 6>{}, 1.f);
  const tensor<float, shape<5, 2, 4, 3>> w(shape<5, 2, 4, 3>{}, 1.f);
  static_assert(std::same_as<shape_t<decltype(conv2d(image, w, same_padding{}))>, shape<3, 5, 8, 6>>);
  static_assert(std::same_as<shape_t<decltype(conv2d(image, w, same_padding{}, dilation{2}))>, shape<3, 5, 8, 6>>);
  static_assert(std::same_as<shape_t<decltype(conv2d(image, w, valid_padding{}))>, shape<3, 5, 5, 4>>);
  static_assert(std::same_as<shape_t<decltype(conv2d(image, w, padding<1>{}, stride<2>{}, reflect_padding{}))>, shape<3, 5, 4, 3>>);
  using named = shape<dim<'N'>, 2, dim<'H'>, 6>;
  static_assert(std::same_as<shape_t<decltype(conv2d(std::declval<tensor<float, named>>(), of(5, 2, 4, 3), same_padding{}))>, shape<dim<'N'>, dyn, dim<'H'>, 6>>);
}

TEST_CASE("pad of integers, of an array, and without any padding") {
  const tensor x{{1, 2, 3}, {4, 5, 6}};
  CHECK(numbers(pad(x, pads<1, 0>{}, constant_padding{7})) == std::vector<double>{7, 1, 2, 3, 7, 4, 5, 6});
  CHECK(numbers(pad(x, pads<2, 1>{}, reflect_padding{})) == std::vector<double>{3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5});
  CHECK(numbers(pad(x, pads{-1, -1, 1, 1}, circular_padding{})) == std::vector<double>{5, 2, 5, 2});
  CHECK(numbers(pad(x, pads{-3, 0})).empty());
  CHECK(numbers(pad(array<int, shape<2>>{4, 9}, pads<1, 1>{}, replicate_padding{})) == std::vector<double>{4, 4, 9, 9});
  CHECK(numbers(pad(x, pads<0, 0>{}, reflect_padding{})) == numbers(x));
  CHECK(numbers(pad(tensor<int, shape<2, 0>>(shape<2, 0>{}, 0), pads<1, 1>{}, constant_padding{3})) == std::vector<double>{3, 3, 3, 3});
  variable v{tensor{1.f, 2.f}};
  const variable y = pad(v, pads<2, 1>{}, constant_padding{std::numeric_limits<double>::quiet_NaN()});
  sum(y).backward();
  CHECK(numbers(v.grad()) == std::vector<double>{1, 1});
}

TEST_CASE("pad: what the axis cannot give is refused with its shape") {
  const auto refused = [](const auto& call, const char* message) { CHECK_THROWS_WITH_AS(static_cast<void>(call()), message, shape_error); };
  refused([] { return pad(of(1, 2, 3, 4), pads{4, 0}, reflect_padding{}); }, "tessera::pad: a tensor of shape [1, 2, 3, 4] with 4 elements before and 0 behind axis 3 has to have more elements than a mirror adds on a side there");
  refused([] { return pad(of(1, 2, 3, 4), pads{0, 0, 0, 4}, circular_padding{}); }, "tessera::pad: a tensor of shape [1, 2, 3, 4] with 0 elements before and 4 behind axis 2 has to have as many elements as a side gets from the other end there");
  refused([] { return pad(of(1, 2, 0, 4), pads<0, 0, 1, 0>{}, replicate_padding{}); }, "tessera::pad: a tensor of shape [1, 2, 0, 4] with 1 elements before and 0 behind axis 2 has to have an element to repeat there");
  refused([] { return pad(of(1, 2, 3, 4), pads{-2, -3}); }, "tessera::pad: a tensor of shape [1, 2, 3, 4] with -2 elements before and -3 behind axis 3 has to have no fewer elements than are taken away there");
  refused([] { return conv2d(of(1, 2, 3, 4), of(1, 2, 3, 3), padding{3, 0}, reflect_padding{}); }, "tessera::pad: a tensor of shape [1, 2, 3, 4] with 3 elements before and 3 behind axis 2 has to have more elements than a mirror adds on a side there");
}

TEST_CASE("conv2d: paddings that cannot be are refused") {
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 2, 5, 5), of(1, 2, 3, 3), same_padding{}, stride{1, 2})), "tessera::conv2d: same_padding is for stride 1, and not for [1, 2]", value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 2, 5, 5), of(1, 2, 3, 3), padding{-1}, circular_padding{})), doctest::Contains("padding [-1, -1]"), value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 2, 5, 5), of(1, 2, 3, 0), same_padding{})), doctest::Contains("the kernel is empty"), shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(conv2d(of(1, 3, 5, 5), of(1, 2, 2, 3), same_padding{})), doctest::Contains("axis 1 of the input is not axis 1 of the weight"), shape_error);
}

TEST_CASE("conv2d: what paddings are made of is what pad gives") {
  const auto x = operand_of<float>(shape<2, 3, 6, 5>{}, 0);
  const auto w = operand_of<float>(shape<4, 3, 3, 2>{}, 1);
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.shape().values() == b.shape().values());
    CHECK(std::ranges::equal(a.span(), b.span()));
  };
  same(conv2d(x, w, same_padding{}), conv2d(pad(x, pads<0, 1, 1, 1>{}), w));
  same(conv2d(x, w, same_padding{}, zero_padding{}), conv2d(pad(x, pads<0, 1, 1, 1>{}), w));
  same(conv2d(x, w, padding<2, 1>{}, zero_padding{}), conv2d(x, w, padding<2, 1>{}));
  same(conv2d(x, w, padding{2, 1}, stride{2}, replicate_padding{}), conv2d(pad(x, pads<1, 1, 2, 2>{}, replicate_padding{}), w, stride{2}));
  same(conv2d(x, w, valid_padding{}, circular_padding{}), conv2d(x, w));
}

}  // namespace tessera::tests
