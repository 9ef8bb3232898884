// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/autograd/gradcheck.hpp>
#include <tessera/nn/loss/cross_entropy.hpp>
#include <tessera/nn/loss/elementwise.hpp>

using namespace tessera;
using namespace tessera::tests;

namespace {

using six_by_five = shape<6, 5>;

// Loss, gradient and second derivative as the golden script forms them.
template <class Loss, class X, class... Golden>
void check_loss(const Loss& loss, const X& input, std::span<const double> value, std::span<const double> gradient, std::span<const double> second,
                double second_tolerance = 1e-11) {
  variable x(input);
  const auto y = loss(x);
  check_close(y, value, 1e-12);
  using Y = std::remove_cvref_t<decltype(y)>;
  y.backward(wave<double>(typename Y::shape_type(y.shape()), 0.4, 1.1), create_graph);
  check_close(x.grad(), gradient, 1e-12);
  const auto g = x.grad_variable();
  x.zero_grad();
  const variable total = sum(g * wave<double>(input.shape(), 0.9, 0.2));
  total.backward();
  check_close(x.grad(), second, second_tolerance);
}

const tensor<double, shape<5>> weight{0.5, 2.0, 1.0, 0.25, 1.5};
const tensor<std::int64_t, shape<6>> labels{std::int64_t{2}, std::int64_t{0}, std::int64_t{4}, std::int64_t{1}, std::int64_t{4}, std::int64_t{3}};
const tensor<std::int32_t, shape<6>> ignoring{2, -100, 4, 1, -100, 3};

tensor<double, six_by_five> logits() { return wave<double>(six_by_five{}, 0.7, 0.3) * 2; }

}  // namespace

TEST_CASE("cross_entropy agrees with PyTorch") {
  const auto check = [](const auto& loss, auto& value, auto& gradient, auto& second) { check_loss(loss, logits(), value, gradient, second); };
  SUBCASE("plain") {
    check([](const auto& x) { return nn::cross_entropy(x, labels); }, cross_entropy_plain, cross_entropy_plain_grad, cross_entropy_plain_second);
  }
  SUBCASE("weighted") {
    check([](const auto& x) { return nn::cross_entropy(x, labels, weight); }, cross_entropy_weighted, cross_entropy_weighted_grad, cross_entropy_weighted_second);
  }
  SUBCASE("ignoring, with labels of int32") {
    check([](const auto& x) { return nn::cross_entropy(x, ignoring); }, cross_entropy_ignoring, cross_entropy_ignoring_grad, cross_entropy_ignoring_second);
  }
  SUBCASE("smoothed") {
    check([](const auto& x) { return nn::cross_entropy(x, labels, {.label_smoothing = 0.1}); }, cross_entropy_smoothed, cross_entropy_smoothed_grad, cross_entropy_smoothed_second);
  }
  SUBCASE("everything") {
    check([](const auto& x) { return nn::cross_entropy(x, ignoring, weight, {.label_smoothing = 0.2}); }, cross_entropy_everything, cross_entropy_everything_grad,
          cross_entropy_everything_second);
  }
  SUBCASE("sum") {
    check([](const auto& x) { return nn::cross_entropy(x, labels, weight, {}, nn::sum_reduction); }, cross_entropy_total, cross_entropy_total_grad, cross_entropy_total_second);
  }
  SUBCASE("each") {
    check([](const auto& x) { return nn::cross_entropy(x, ignoring, weight, {.label_smoothing = 0.3}, nn::no_reduction); }, cross_entropy_each, cross_entropy_each_grad,
          cross_entropy_each_second);
  }
}

TEST_CASE("cross_entropy of probabilities agrees with PyTorch") {
  const tensor<double, six_by_five> target = wave<double>(six_by_five{}, 0.5, 0.1) * 0.5 + 0.5;
  const auto check = [&](const auto& loss, auto& value, auto& gradient, auto& target_gradient, auto& second) {
    check_loss([&](const auto& x) { return loss(x, target); }, logits(), value, gradient, second);
    variable q(target);
    const auto y = loss(logits(), q);
    using Y = std::remove_cvref_t<decltype(y)>;
    y.backward(wave<double>(typename Y::shape_type(y.shape()), 0.4, 1.1));
    check_close(q.grad(), target_gradient, 1e-12);
    check_close(loss(logits(), target), value, 1e-12);
    const auto one_number = [&](const auto& a, const auto& b) { return sum(loss(a, b)); };
    const auto first_check = gradcheck(one_number, logits(), target);
    CHECK_MESSAGE(first_check, first_check.message);
    const auto second_check = gradgradcheck(one_number, logits(), target);
    CHECK_MESSAGE(second_check, second_check.message);
  };
  SUBCASE("plain") {
    check([](const auto& x, const auto& q) { return nn::cross_entropy(x, q); }, cross_entropy_shares_plain, cross_entropy_shares_plain_grad, cross_entropy_shares_plain_target_grad,
          cross_entropy_shares_plain_second);
  }
  SUBCASE("weighted") {
    check([](const auto& x, const auto& q) { return nn::cross_entropy(x, q, weight); }, cross_entropy_shares_weighted, cross_entropy_shares_weighted_grad,
          cross_entropy_shares_weighted_target_grad, cross_entropy_shares_weighted_second);
  }
  SUBCASE("everything") {
    check([](const auto& x, const auto& q) { return nn::cross_entropy(x, q, weight, {.label_smoothing = 0.2}); }, cross_entropy_shares_everything, cross_entropy_shares_everything_grad,
          cross_entropy_shares_everything_target_grad, cross_entropy_shares_everything_second);
  }
  SUBCASE("sum") {
    check([](const auto& x, const auto& q) { return nn::cross_entropy(x, q, {.label_smoothing = 0.1}, nn::sum_reduction); }, cross_entropy_shares_total, cross_entropy_shares_total_grad,
          cross_entropy_shares_total_target_grad, cross_entropy_shares_total_second);
  }
  SUBCASE("each") {
    check([](const auto& x, const auto& q) { return nn::cross_entropy(x, q, weight, {.label_smoothing = 0.3}, nn::no_reduction); }, cross_entropy_shares_each, cross_entropy_shares_each_grad,
          cross_entropy_shares_each_target_grad, cross_entropy_shares_each_second);
  }
}

TEST_CASE("cross_entropy of probabilities refuses what it cannot use") {
  const tensor<float, shape<2, 3>> x;
  const auto rows = [](extent n, extent classes) { return tensor<float, shape<dyn, dyn>>(shape<dyn, dyn>{n, classes}, 0.5f); };
  CHECK_THROWS_WITH_AS(static_cast<void>(nn::cross_entropy(x, rows(2, 4))), "tessera::cross_entropy: logits of shape [2, 3] and probabilities of shape [2, 4] differ at axis 1", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(nn::cross_entropy(x, rows(2, 3), tensor<float, shape<dyn>>(shape<dyn>{2}, 1.f))),
                       "tessera::cross_entropy: logits of shape [2, 3] have not the 2 classes of the weight at axis 1", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(nn::cross_entropy(x, rows(2, 3), {.ignore_index = 1})),
                       "tessera::cross_entropy: ignore_index is 1, but rows with probabilities have no label to ignore", value_error);
  CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(x, rows(2, 3), {.label_smoothing = -0.1})), value_error);
  CHECK(std::isnan(nn::cross_entropy(rows(0, 3), rows(0, 3)).item()));
  CHECK(nn::cross_entropy(rows(0, 3), rows(0, 3), nn::sum_reduction).item() == 0);
}

TEST_CASE("cross_entropy of a large batch of floats has the gradient of its own losses") {
  const auto x = wave<float>(shape<dyn, dyn>{37, 130}, 0.31, 0.2);
  auto y = tensor<std::int64_t, shape<dyn>>(shape<dyn>{37}, 0);
  for (extent i = 0; i < 37; ++i) y(i) = i * 3;
  variable v(x);
  nn::cross_entropy(v, y).backward();
  const tensor p = softmax(x, axis<1>);
  double largest = 0;
  for (extent i = 0; i < 37; ++i)
    for (extent c = 0; c < 130; ++c)
      largest = std::max(largest, std::abs(static_cast<double>(v.grad()(i, c)) - (static_cast<double>(p(i, c)) - (c == i * 3 ? 1 : 0)) / 37));
  CHECK(largest < 1e-8);
}

TEST_CASE("cross_entropy refuses what it cannot use") {
  const tensor<float, shape<2, 3>> x;
  CHECK_THROWS_WITH_AS(static_cast<void>(nn::cross_entropy(x, tensor<std::int64_t, shape<2>>{std::int64_t{0}, std::int64_t{3}})),
                       "tessera::cross_entropy: label 3 at row 1 is none of the 3 classes", index_error);
  CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(x, tensor<int, shape<2>>{-1, 0})), index_error);
  CHECK_THROWS_AS(static_cast<void>(nn::cross_entropy(x, tensor<int, shape<2>>{1, 0}, {.label_smoothing = 1.5})), value_error);
  const auto rows = tensor<int, shape<dyn>>(shape<dyn>{3}, 0);
  CHECK_THROWS_WITH_AS(static_cast<void>(nn::cross_entropy(x, rows)), "tessera::cross_entropy: logits of shape [2, 3] and labels of shape [3] differ at axis 0", shape_error);
}

TEST_CASE("cross_entropy of nothing is not a number, as in PyTorch") {
  const tensor<float, shape<2, 3>> x;
  CHECK(std::isnan(nn::cross_entropy(x, tensor<int, shape<2>>{-100, -100}).item()));
  const auto none = tensor<float, shape<dyn, 3>>(shape<dyn, 3>{0}, 0.f);
  CHECK(std::isnan(nn::cross_entropy(none, tensor<int, shape<dyn>>(shape<dyn>{0}, 0)).item()));
  CHECK(nn::cross_entropy(none, tensor<int, shape<dyn>>(shape<dyn>{0}, 0), nn::sum_reduction).item() == 0);
}

namespace {

template <class Loss, class Reduction>
void check_elementwise(const Loss& loss, Reduction how, const tensor<double, shape<4, 3>>& input, std::span<const double> value, std::span<const double> gradient,
                       std::span<const double> target_gradient, std::span<const double> second, double second_tolerance = 1e-11) {
  const tensor<double, shape<4, 3>> target = wave<double>(shape<4, 3>{}, 0.5, 0.1) * 0.5 + 0.5;
  check_loss([&](const auto& x) { return loss(x, target, how); }, input, value, gradient, second, second_tolerance);
  variable t(target);
  const auto y = loss(input, t, how);
  using Y = std::remove_cvref_t<decltype(y)>;
  y.backward(wave<double>(typename Y::shape_type(y.shape()), 0.4, 1.1));
  check_close(t.grad(), target_gradient, 1e-12);
}

}  // namespace

TEST_CASE("mse_loss agrees with PyTorch") {
  const auto x = wave<double>(shape<4, 3>{}, 0.7, 0.3);
  check_elementwise(nn::mse_loss, nn::mean_reduction, x, mse_mean, mse_mean_grad, mse_mean_target_grad, mse_mean_second);
  check_elementwise(nn::mse_loss, nn::sum_reduction, x, mse_sum, mse_sum_grad, mse_sum_target_grad, mse_sum_second);
  check_elementwise(nn::mse_loss, nn::no_reduction, x, mse_none, mse_none_grad, mse_none_target_grad, mse_none_second);
}

TEST_CASE("bce_loss agrees with PyTorch") {
  // PyTorch adds 1e-12 to denominators of up to 100 in its second derivative.
  constexpr double second = 1e-9;
  const tensor<double, shape<4, 3>> x = 0.5 + 0.4 * wave<double>(shape<4, 3>{}, 0.7, 0.3);
  check_elementwise(nn::bce_loss, nn::mean_reduction, x, bce_mean, bce_mean_grad, bce_mean_target_grad, bce_mean_second, second);
  check_elementwise(nn::bce_loss, nn::sum_reduction, x, bce_sum, bce_sum_grad, bce_sum_target_grad, bce_sum_second, second);
  check_elementwise(nn::bce_loss, nn::no_reduction, x, bce_none, bce_none_grad, bce_none_target_grad, bce_none_second, second);
  variable edge = tensor<double, shape<5>>{0.0, 1.0, 0.0, 1.0, 1e-30};
  const auto y = nn::bce_loss(edge, tensor<double, shape<5>>{0.0, 1.0, 1.0, 0.0, 0.5}, nn::no_reduction);
  check_close(y, bce_edge, 1e-12);
  sum(y).backward();
  check_close(edge.grad(), bce_edge_grad, 1e-12);
}

TEST_CASE("bce_with_logits agrees with PyTorch") {
  const tensor<double, shape<4, 3>> x = 3 * wave<double>(shape<4, 3>{}, 0.7, 0.3);
  check_elementwise(nn::bce_with_logits, nn::mean_reduction, x, bce_logits_mean, bce_logits_mean_grad, bce_logits_mean_target_grad, bce_logits_mean_second);
  check_elementwise(nn::bce_with_logits, nn::sum_reduction, x, bce_logits_sum, bce_logits_sum_grad, bce_logits_sum_target_grad, bce_logits_sum_second);
  check_elementwise(nn::bce_with_logits, nn::no_reduction, x, bce_logits_none, bce_logits_none_grad, bce_logits_none_target_grad, bce_logits_none_second);
  variable edge = tensor<double, shape<3>>{1000.0, -1000.0, 0.0};
  const auto y = nn::bce_with_logits(edge, tensor<double, shape<3>>{0.0, 1.0, 0.5}, nn::no_reduction);
  check_close(y, bce_logits_edge, 1e-12);
  sum(y).backward();
  check_close(edge.grad(), bce_logits_edge_grad, 1e-12);
}

TEST_CASE("bce_with_logits with a weight of what is there agrees with PyTorch") {
  const tensor<double, shape<4, 3>> x = 3 * wave<double>(shape<4, 3>{}, 0.7, 0.3);
  const auto check = [&](auto how, const auto& positive, auto& value, auto& gradient, auto& target_gradient, auto& second) {
    check_elementwise([&](const auto& a, const auto& b, auto r) { return nn::bce_with_logits(a, b, nn::pos_weight{positive}, r); }, how, x, value, gradient, target_gradient, second);
    const tensor<double, shape<4, 3>> target = wave<double>(shape<4, 3>{}, 0.5, 0.1) * 0.5 + 0.5;
    const auto one_number = [&](const auto& a, const auto& b, const auto& c) { return sum(nn::bce_with_logits(a, b, nn::pos_weight{c}, how)); };
    const auto first_check = gradcheck(one_number, x, target, positive);
    CHECK_MESSAGE(first_check, first_check.message);
    const auto second_check = gradgradcheck(one_number, x, target, positive);
    CHECK_MESSAGE(second_check, second_check.message);
  };
  const auto positive = [](auto shape) { return tensor<double, decltype(shape)>(wave<double>(shape, 0.8, 0.4) + 1.5); };
  check(nn::mean_reduction, positive(shape<3>{}), pos_weight_mean, pos_weight_mean_grad, pos_weight_mean_target_grad, pos_weight_mean_second);
  check(nn::sum_reduction, positive(shape<4, 1>{}), pos_weight_sum, pos_weight_sum_grad, pos_weight_sum_target_grad, pos_weight_sum_second);
  check(nn::no_reduction, positive(shape<4, 3>{}), pos_weight_none, pos_weight_none_grad, pos_weight_none_target_grad, pos_weight_none_second);
  variable edge = tensor<double, shape<3>>{1000.0, -1000.0, 0.0};
  const auto y = nn::bce_with_logits(edge, tensor<double, shape<3>>{0.0, 1.0, 0.5}, nn::pos_weight{tensor<double, shape<>>(3.0)}, nn::no_reduction);
  check_close(y, pos_weight_edge, 1e-12);
  sum(y).backward();
  check_close(edge.grad(), pos_weight_edge_grad, 1e-12);
  CHECK_THROWS_AS(static_cast<void>(nn::bce_with_logits(x, x, nn::pos_weight{tensor<double, shape<dyn>>(shape<dyn>{2}, 1.0)})), shape_error);
}
