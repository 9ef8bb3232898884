// SPDX-License-Identifier: BSL-1.0
// Convolutions and poolings as layers.
#include "numbers.hpp"

#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/optim/adam.hpp>

using namespace tessera;
using namespace tessera::tests;

TEST_CASE("conv2d: the same seed gives PyTorch's weights, bit for bit, and its numbers") {
  manual_seed(0);
  const nn::conv2d<4, 6, 3, nn::kernel_columns<2>, groups<2>, padding<1, 0>, stride<2>> layer;
  REQUIRE(layer.weight.shape().values() == extents{6, 2, 3, 2});
  for (std::size_t i = 0; i < std::size(conv2d_weight); ++i) CHECK(layer.weight.data()[i] == static_cast<float>(conv2d_weight[i]));
  for (std::size_t i = 0; i < std::size(conv2d_bias); ++i) CHECK(layer.bias.data()[i] == static_cast<float>(conv2d_bias[i]));
  const auto y = layer(wave<float>(shape<2, 4, 7, 6>{}, 0.37, 0.5));
  static_assert(std::same_as<std::remove_cvref_t<decltype(y)>, variable<float, shape<2, 6, 4, 3>>>);
  check_close(y, conv2d_output, 1e-6);
  manual_seed(3);
  const nn::conv2d<2, 3, 3, nn::no_bias, nn::of<double>> wide;
  static_assert(!decltype(wide)::has_bias);
  for (std::size_t i = 0; i < std::size(conv2d_double); ++i) CHECK(wide.weight.data()[i] == conv2d_double[i]);
}

TEST_CASE("conv2d: sizes may be known only at run time") {
  manual_seed(0);
  const nn::conv2d open{4, 6, window{3, 2}, groups{2}, padding{1, 0}, stride{2}};
  const auto y = open(wave<float>(shape<2, 4, 7, 6>{}, 0.37, 0.5));
  static_assert(std::same_as<std::remove_cvref_t<decltype(y)>, variable<float, shape<2, dyn, dyn, dyn>>>);
  CHECK(y.shape().values() == extents{2, 6, 4, 3});
  check_close(y, conv2d_output, 1e-6);
  manual_seed(0);
  const nn::conv2d<4, 6, 3, nn::kernel_columns<2>, groups<dyn>, padding<dyn>, stride<2>> mixed{4, 6, window{3, 2}, groups{2}, padding{1, 0}};
  check_close(mixed(wave<float>(shape<2, 4, 7, 6>{}, 0.37, 0.5)), conv2d_output, 1e-6);
  const nn::conv2d plain{1, 2, 3};
  CHECK(plain.weight.shape().values() == extents{2, 1, 3, 3});
  CHECK_THROWS_WITH_AS((nn::conv2d{4, 6, 3, groups{4}}), "tessera::nn::conv2d: 4 and 6 channels do not fall into 4 groups", value_error);
  CHECK_THROWS_AS((nn::conv2d<4, dyn, 3>{3, 6, 3}), shape_error);
}

TEST_CASE("conv2d: paddings as large as the kernel asks for, and of what images hold, as PyTorch has them") {
  const auto x = wave<float>(shape<1, 2, 3, 5>{}, 0.37, 0.5);
  const auto check = [&]<class Mode>(Mode mode, std::span<const double> wanted) {
    manual_seed(7);
    const nn::conv2d<2, 3, 2, nn::kernel_columns<3>, same_padding, dilation<1, 2>, Mode> layer;
    const auto y = layer(x);
    static_assert(std::same_as<shape_t<decltype(y)>, shape<1, 3, 3, 5>>);
    check_close(y, wanted, 1e-6);
    manual_seed(7);
    const nn::conv2d open{2, 3, window{2, 3}, mode, same_padding{}, dilation{1, 2}};
    check_close(open(x), wanted, 1e-6);
  };
  check(zero_padding{}, conv2d_same_zeros);
  check(reflect_padding{}, conv2d_same_reflect);
  check(replicate_padding{}, conv2d_same_replicate);
  check(circular_padding{}, conv2d_same_circular);
  manual_seed(7);
  const nn::conv2d<2, 3, 2, nn::kernel_columns<3>, padding<1, 2>, stride<2>, reflect_padding, nn::no_bias> strided;
  check_close(strided(x), conv2d_strided_reflect, 1e-6);
}

TEST_CASE("conv2d: a batch whose size only run time knows keeps its name") {
  const nn::conv2d<1, 2, 3, padding<1>> layer;
  using images = tensor<float, shape<dim<'B'>, 1, dim<'H'>, 5>>;
  const auto y = layer(images(images::shape_type{3, 4}, 1.f));
  static_assert(std::same_as<std::remove_cvref_t<decltype(y)>, variable<float, shape<dim<'B'>, 2, dim<'H'>, 5>>>);
  const auto none = layer(images(images::shape_type{0, 4}, 1.f));
  CHECK(none.size() == 0);
  sum(none).backward();
  for (const float g : layer.weight.grad().span()) CHECK(g == 0);
}

TEST_CASE("images are learnt as PyTorch learns them, through sequential") {
  manual_seed(0);
  nn::sequential model{nn::conv2d<1, 4, 3, padding<1>>{}, nn::relu{}, nn::max_pool2d<2>{}, nn::conv2d<4, 6, 3, padding<1>>{}, nn::relu{},
                       nn::avg_pool2d<3, stride<2>, padding<1>>{}, nn::flatten{}, nn::linear<24, 5>{}};
  const auto x = wave<float>(shape<20, 1, 8, 8>{}, 0.37, 0.5);
  auto y = tensor<std::int64_t, shape<20>>();
  for (extent i = 0; i < 20; ++i) y(i) = (7 * i) % 5;
  optim::adam optimizer{model, {.lr = 1e-2}};
  for (std::size_t step = 0; step < std::size(image_losses); ++step) {
    optimizer.zero_grad();
    auto loss = nn::cross_entropy(model(x), y);
    loss.backward();
    optimizer.step();
    CAPTURE(step);
    CHECK(static_cast<double>(loss.item()) == doctest::Approx(image_losses[step]).epsilon(1e-4));
  }

  CHECK(nn::summary(model) ==
        "parameter  shape           elements\n"
        "0.weight   [4, 1, 3, 3]          36\n"
        "0.bias     [4]                    4\n"
        "3.weight   [6, 4, 3, 3]         216\n"
        "3.bias     [6]                    6\n"
        "7.weight   [5, 24]              120\n"
        "7.bias     [5]                    5\n"
        "total                           387\n");
  auto other = model;
  for (float& w : other.get<3>().weight.mutable_span()) w = 0;
  load(other, save(model));
  CHECK(std::ranges::equal(other.get<3>().weight.span(), model.get<3>().weight.span()));
  CHECK(std::ranges::equal(other(x).span(), model(x).span()));
}

TEST_CASE("poolings as layers") {
  const auto x = wave<float>(shape<2, 3, 7, 6>{}, 0.37, 0.5);
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.shape().values() == b.shape().values());
    CHECK(std::ranges::equal(a.span(), b.span()));
  };
  same(nn::max_pool2d<2>{}(x), max_pool2d(x, window<2>{}));
  same(nn::max_pool2d<3, stride<2>, padding<1>>{}(x), max_pool2d(x, window<3>{}, stride<2>{}, padding<1>{}));
  same(nn::max_pool2d{3, stride{2}, ceil_mode{}}(x), max_pool2d(x, window<3>{}, stride<2>{}, ceil_mode{}));
  same(nn::avg_pool2d<3, padding<1>, exclude_padding>{}(x), avg_pool2d(x, window<3>{}, padding<1>{}, exclude_padding{}));
  same(nn::avg_pool2d<3, divisor_override<5>>{}(x), avg_pool2d(x, window<3>{}, divisor_override<5>{}));
  same(nn::avg_pool2d{3, divisor_override{4}}(x), avg_pool2d(x, window<3>{}, divisor_override{4}));
  same(nn::avg_pool2d{2}(x), avg_pool2d(x, window<2>{}));
  same(nn::max_pool2d{window{3, 2}, stride{2}}(x), max_pool2d(x, window<3, 2>{}, stride<2>{}));
  same(nn::avg_pool2d{window{3, 2}}(x), avg_pool2d(x, window<3, 2>{}));
  same(nn::adaptive_avg_pool2d{window{3, 4}}(x), adaptive_avg_pool2d(x, window<3, 4>{}));
  same(nn::adaptive_avg_pool2d<2>{}(x), adaptive_avg_pool2d(x, window<2>{}));
  same(nn::adaptive_avg_pool2d{4}(x), adaptive_avg_pool2d(x, window{4}));
}
