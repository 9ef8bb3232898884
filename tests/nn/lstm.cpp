// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/autograd/gradcheck.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/op/op.hpp>

#include <string>
#include <vector>

using namespace tessera;
using namespace tessera::tests;

namespace {
#include "golden_sequence.inc"

/// The parameters as the golden script sets them.
template <class M>
void set_parameters(M& model) {
  double step = 0.7;
  nn::visit(model, [&](const std::string&, auto& p) {
    if constexpr (nn::is_parameter<std::remove_cvref_t<decltype(p)>>) {
      p = 0.5 * wave<typename std::remove_cvref_t<decltype(p)>::element>(p.shape(), step, 0.3);
      step += 0.1;
    }
  });
}

template <Element T>
std::vector<double> adjoints(const std::vector<autograd::edge>& leaves) {
  std::vector<double> all;
  for (const autograd::edge& e : leaves) {
    const T* from = static_cast<const T*>(e->adjoint.data());
    all.insert(all.end(), from, from + count(e->shape));
    e->adjoint = {};
    e->adjoint_source = {};
  }
  return all;
}

void check_list(const std::vector<double>& got, std::span<const double> expected, double tolerance) {
  REQUIRE(got.size() >= expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(got[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])));
  }
}

/// The sum of the gradients that the leaves hold, each times fixed numbers.
variable<double, shape<>> sum_of_gradients(const std::vector<autograd::edge>& leaves) {
  using V = autograd::any_variable<double>;
  V total(0.0);
  double offset = 0.2;
  for (const autograd::edge& e : leaves) {
    V factor(any_tensor<double>::uninitialized(e->shape));
    for (extent i = 0; i < count(e->shape); ++i) factor.value.mutable_data()[i] = std::sin(static_cast<double>(i) * 0.9 + offset);
    const V g({e->adjoint, e->shape, row_major(e->shape)}, e->adjoint_source);
    total = total + sum_to(g * factor, {});
    offset += 1;
  }
  return autograd::access_to_variable::make<double>(total.value.packed_block(), shape<>{}, total.source);
}

struct expected {
  std::span<const double> output, h, c, grads, seconds;
};

/// Values and gradients in the given element type; in double second derivatives too.
template <Element T, class Model, class X, class... State>
void check_lstm(Model& model, const X& input, const expected& golden, const State&... states) {
  constexpr bool wide = std::same_as<T, double>;
  constexpr double tolerance = wide ? 1e-12 : 2e-6;
  set_parameters(model);
  const variable x(input);
  const std::tuple<variable<T, typename State::shape_type>...> state{variable<T, typename State::shape_type>(states)...};
  std::vector<autograd::edge> leaves{x.source()};
  std::apply([&](const auto&... s) { (leaves.push_back(s.source()), ...); }, state);
  for (const nn::named_parameter& p : nn::parameters(model)) leaves.push_back(p.leaf);

  const auto loss = [&] {
    const auto [y, last] = std::apply([&](const auto&... s) { return model(x, s...); }, state);
    check_close(y, golden.output, tolerance);
    check_close(last.h, golden.h, tolerance);
    check_close(last.c, golden.c, tolerance);
    return variable(sum(y * wave<T>(y.shape(), 0.4, 1.1)) + sum(last.h * wave<T>(last.h.shape(), 0.5, 0.2)) + sum(last.c * wave<T>(last.c.shape(), 0.6, 0.7)));
  };
  loss().backward();
  check_list(adjoints<T>(leaves), golden.grads, wide ? 1e-11 : 2e-5);
  if constexpr (wide) {
    loss().backward(create_graph);
    const auto again = sum_of_gradients(leaves);
    check_list(adjoints<T>(leaves), golden.grads, 1e-11);
    again.backward();
    check_list(adjoints<T>(leaves), golden.seconds, 1e-10);
  }
}

}  // namespace

TEST_CASE("nn::lstm: PyTorch's names, order and numbers of parameters") {
  manual_seed(7);
  nn::lstm<3, 2, nn::layers<2>, nn::bidirectional> model;
  CHECK(parameter_names(model) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse",
                                                 "weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse"});
  std::vector<float> drawn;
  for (const nn::named_parameter& p : nn::parameters(model)) {
    const float* from = static_cast<const float*>(p.node().value.data());
    drawn.insert(drawn.end(), from, from + p.size());
  }
  REQUIRE(drawn.size() == std::size(lstm_drawn));
  for (std::size_t i = 0; i < drawn.size(); ++i) CHECK(drawn[i] == static_cast<float>(lstm_drawn[i]));
  static_assert(std::same_as<std::remove_cvref_t<decltype(model.cell<1, true>().weight_ih)>, nn::parameter<float, shape<8, 4>>>);
  nn::lstm<dyn, dyn, nn::no_bias> open{100, 50};
  CHECK(parameter_names(open) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0"});
  CHECK(nn::parameter_count(open) == 200 * 150);
  CHECK(nn::parameter_count(nn::lstm<100, 50, nn::layers<2>>{}) == 50800);
}

TEST_CASE("nn::lstm agrees with PyTorch: values, gradients and second derivatives") {
  SUBCASE("from a state") {
    const expected golden{lstm_plain_output, lstm_plain_h, lstm_plain_c, lstm_plain_grads, lstm_plain_seconds};
    nn::lstm<3, 5, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<4, 2, 3>{}, 0.37, 0.5), golden, wave<double>(shape<1, 2, 5>{}, 0.41, 0.1), wave<double>(shape<1, 2, 5>{}, 0.53, 0.9));
    nn::lstm<dyn, dyn> open{3, 5};
    check_lstm<float>(open, wave<float>(shape<dyn, dyn, dyn>{4, 2, 3}, 0.37, 0.5), golden, wave<float>(shape<1, dyn, dyn>{2, 5}, 0.41, 0.1), wave<float>(shape<dyn, 2, 5>{1}, 0.53, 0.9));
  }
  SUBCASE("registers that a row does not fill") {
    const expected golden{lstm_odd_output, lstm_odd_h, lstm_odd_c, lstm_odd_grads, lstm_odd_seconds};
    nn::lstm<2, 19, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<3, 2, 2>{}, 0.37, 0.5), golden);
    nn::lstm<2, 19> narrow;
    check_lstm<float>(narrow, wave<float>(shape<3, 2, 2>{}, 0.37, 0.5), golden);
  }
  SUBCASE("two layers in both directions, the batch first") {
    const expected golden{lstm_deep_output, lstm_deep_h, lstm_deep_c, lstm_deep_grads, lstm_deep_seconds};
    nn::lstm<3, 2, nn::layers<2>, nn::batch_first, nn::bidirectional, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<3, 4, 3>{}, 0.37, 0.5), golden, wave<double>(shape<4, 3, 2>{}, 0.41, 0.1), wave<double>(shape<4, 3, 2>{}, 0.53, 0.9));
    nn::lstm<3, 2, nn::layers<2>, nn::batch_first, nn::bidirectional> narrow;
    check_lstm<float>(narrow, wave<float>(shape<3, 4, 3>{}, 0.37, 0.5), golden, wave<float>(shape<4, 3, 2>{}, 0.41, 0.1), wave<float>(shape<4, 3, 2>{}, 0.53, 0.9));
  }
  SUBCASE("one sequence, no bias") {
    const expected golden{lstm_single_output, lstm_single_h, lstm_single_c, lstm_single_grads, lstm_single_seconds};
    nn::lstm<3, 4, nn::layers<2>, nn::no_bias, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<3, 3>{}, 0.37, 0.5), golden, wave<double>(shape<2, 4>{}, 0.41, 0.1), wave<double>(shape<2, 4>{}, 0.53, 0.9));
  }
}

TEST_CASE("nn::lstm with proj_size agrees with PyTorch: values, gradients and second derivatives") {
  SUBCASE("from a state") {
    const expected golden{lstm_projected_output, lstm_projected_h, lstm_projected_c, lstm_projected_grads, lstm_projected_seconds};
    nn::lstm<3, 4, nn::proj_size<2>, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<4, 2, 3>{}, 0.37, 0.5), golden, wave<double>(shape<1, 2, 2>{}, 0.41, 0.1), wave<double>(shape<1, 2, 4>{}, 0.53, 0.9));
    nn::lstm<dyn, dyn, nn::proj_size<>> open{3, 4, {.proj_size = 2}};
    check_lstm<float>(open, wave<float>(shape<dyn, dyn, dyn>{4, 2, 3}, 0.37, 0.5), golden, wave<float>(shape<1, dyn, dyn>{2, 2}, 0.41, 0.1), wave<float>(shape<dyn, 2, 4>{1}, 0.53, 0.9));
  }
  SUBCASE("two layers in both directions, the batch first") {
    const expected golden{lstm_deep_projected_output, lstm_deep_projected_h, lstm_deep_projected_c, lstm_deep_projected_grads, lstm_deep_projected_seconds};
    nn::lstm<2, 4, nn::proj_size<3>, nn::layers<2>, nn::batch_first, nn::bidirectional, nn::of<double>> model;
    static_assert(std::same_as<shape_t<decltype(model(wave<double>(shape<2, 3, 2>{}, 0.37, 0.5)).output)>, shape<2, 3, 6>>);
    check_lstm<double>(model, wave<double>(shape<2, 3, 2>{}, 0.37, 0.5), golden, wave<double>(shape<4, 2, 3>{}, 0.41, 0.1), wave<double>(shape<4, 2, 4>{}, 0.53, 0.9));
  }
  SUBCASE("one sequence, no bias") {
    const expected golden{lstm_single_projected_output, lstm_single_projected_h, lstm_single_projected_c, lstm_single_projected_grads, lstm_single_projected_seconds};
    nn::lstm<3, 4, nn::proj_size<1>, nn::layers<2>, nn::no_bias, nn::of<double>> model;
    check_lstm<double>(model, wave<double>(shape<3, 3>{}, 0.37, 0.5), golden);
  }
}

TEST_CASE("nn::lstm with proj_size: PyTorch's names, order and numbers of parameters, and what is refused") {
  manual_seed(7);
  nn::lstm<3, 4, nn::layers<2>, nn::proj_size<2>> model;
  CHECK(parameter_names(model) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0", "weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1", "weight_hr_l1"});
  std::vector<float> drawn;
  for (const nn::named_parameter& p : nn::parameters(model)) {
    const float* from = static_cast<const float*>(p.node().value.data());
    drawn.insert(drawn.end(), from, from + p.size());
  }
  REQUIRE(drawn.size() == std::size(lstm_projected_drawn));
  for (std::size_t i = 0; i < drawn.size(); ++i) CHECK(drawn[i] == static_cast<float>(lstm_projected_drawn[i]));
  using open = nn::lstm<dyn, dyn, nn::proj_size<>>;
  CHECK_THROWS_WITH_AS((open{3, 4, {.proj_size = 4}}), "tessera::nn::lstm: proj_size is 4 and has to be smaller than the 4 hidden values", value_error);
  CHECK_THROWS_AS((open{3, 4}), value_error);
  CHECK_THROWS_WITH_AS((nn::lstm<3, 4>{{.proj_size = 2}}), "tessera::nn::lstm: proj_size is 2, but the type says that it is 0", value_error);
  const open right{3, 4, {.proj_size = 2}};
  const tensor<float, shape<5, 2, 3>> x;
  const tensor<float, shape<1, 2, dyn>> h(shape<1, 2, dyn>{4}, 0.f), c(shape<1, 2, dyn>{4}, 0.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(right(x, h, c)), "tessera::nn::lstm: a state h of shape [1, 2, 4] differs at axis 2 from [1, 2, 2], which an input of shape [5, 2, 3] needs", shape_error);
  const auto [y, last] = right(tensor<float, shape<5, dyn, 3>>(shape<5, dyn, 3>{0}, 0.f));
  CHECK(y.size() == 0);
  sum(y).backward();
}

TEST_CASE("nn::lstm with proj_size: derivatives against finite differences") {
  nn::lstm<2, 3, nn::layers<2>, nn::bidirectional, nn::proj_size<2>, nn::of<double>> model;
  set_parameters(model);
  nn::requires_grad(model, false);
  const auto f = [&](const auto& x, const auto& h, const auto& c) { return sum(model(x, h, c).output, axis<2>); };
  const auto x = wave<double>(shape<3, 2, 2>{}, 0.37, 0.5);
  const auto h = wave<double>(shape<4, 2, 2>{}, 0.41, 0.1);
  const auto c = wave<double>(shape<4, 2, 3>{}, 0.53, 0.9);
  const gradcheck_result first = gradcheck(f, x, h, c), second = gradgradcheck(f, x, h, c);
  CHECK_MESSAGE(first, first.message);
  CHECK_MESSAGE(second, second.message);
}

TEST_CASE("nn::lstm: first and second derivatives against finite differences") {
  nn::lstm<2, 3, nn::layers<2>, nn::bidirectional, nn::of<double>> model;
  set_parameters(model);
  nn::requires_grad(model, false);
  const auto f = [&](const auto& x, const auto& h, const auto& c) { return sum(model(x, h, c).output, axis<2>); };
  const auto x = wave<double>(shape<3, 2, 2>{}, 0.37, 0.5);
  const auto h = wave<double>(shape<4, 2, 3>{}, 0.41, 0.1), c = wave<double>(shape<4, 2, 3>{}, 0.53, 0.9);
  const gradcheck_result first = gradcheck(f, x, h, c), second = gradgradcheck(f, x, h, c);
  CHECK_MESSAGE(first, first.message);
  CHECK_MESSAGE(second, second.message);
}

TEST_CASE("nn::lstm: a sequence in two parts, the state carried over, is the sequence; a batch is its samples") {
  nn::lstm<4, 20, nn::layers<2>> model;
  const no_grad guard;
  const auto x = wave<float>(shape<6, 3, 4>{}, 0.37, 0.5);
  const auto whole = model(x);
  const auto first = model(slice(std::as_const(x), range<0, 2>));
  const auto second = model(slice(std::as_const(x), range<2, 6>), first.state.detach());
  for (extent i = 0; i < second.output.size(); ++i) CHECK(second.output.data()[i] == doctest::Approx(whole.output.data()[2 * 3 * 20 + i]).epsilon(1e-5));
  for (extent i = 0; i < whole.state.c.size(); ++i) CHECK(second.state.c.data()[i] == doctest::Approx(whole.state.c.data()[i]).epsilon(1e-5));
  const auto one = model(slice(std::as_const(x), full_extent, 1));
  static_assert(std::same_as<std::remove_cvref_t<decltype(one.output)>, variable<float, shape<6, 20>>>);
  for (extent t = 0; t < 6; ++t) CHECK(one.output(t, 7) == doctest::Approx(whole.output(t, 1, 7)).epsilon(1e-5));
}

TEST_CASE("nn::lstm: any number of threads gives the same bits") {
  manual_seed(3);
  nn::lstm<40, 70, nn::layers<2>> model;
  for (const extent batch : {extent{17}, extent{50}}) {
    const auto x = wave<float>(shape<dyn, dyn, 40>{9, batch}, 0.37, 0.5);
    const auto run = [&](int threads) {
      const int before = num_threads();
      set_num_threads(threads);
      const variable leaf(x);
      std::vector<autograd::edge> leaves{leaf.source()};
      for (const nn::named_parameter& p : nn::parameters(model)) leaves.push_back(p.leaf);
      const auto [y, state] = model(leaf);
      variable(sum(y * y) + sum(state.c)).backward();
      set_num_threads(before);
      std::vector<double> all = adjoints<float>(leaves);
      all.insert(all.end(), y.span().begin(), y.span().end());
      return all;
    };
    const std::vector<double> one = run(1);
    CHECK(one == run(2));
    CHECK(one == run(3));
  }
}

TEST_CASE("nn::lstm: dropout lies between layers, in training only") {
  nn::lstm<3, 4, nn::layers<2>> model{{.dropout = 1}};
  set_parameters(model);
  const auto x = wave<float>(shape<5, 2, 3>{}, 0.37, 0.5);
  const auto run = [&] { return model(x).output.value(); };
  const auto trained = run();
  nn::eval(model);
  const auto plain = run();
  const auto zeros = model(tensor<float, shape<5, 2, 3>>()).output.value();
  CHECK(trained(1, 1, 1) != plain(1, 1, 1));
  nn::train(model);
  CHECK(model(tensor<float, shape<5, 2, 3>>()).output(1, 1, 1) == trained(1, 1, 1));  // the second layer sees only zeros
  CHECK(zeros(1, 1, 1) != trained(1, 1, 1));
  model.dropout = 0.5;
  manual_seed(1);
  const auto half = run();
  manual_seed(1);
  CHECK(run()(4, 1, 2) == half(4, 1, 2));
  CHECK(run()(4, 1, 2) != half(4, 1, 2));
  const auto [y, state] = model(x);
  sum(y).backward();
  CHECK(model.cell<0>().weight_ih.has_grad());
  CHECK_THROWS_AS((nn::lstm<3, 4>{{.dropout = 1.5}}), value_error);
}

TEST_CASE("nn::lstm refuses what does not fit, and an empty batch is empty") {
  const nn::lstm<dyn, dyn, nn::layers<2>> model{3, 4};
  const tensor<float, shape<dyn, dyn, dyn>> wrong(shape<dyn, dyn, dyn>{5, 2, 7}, 0.f), none(shape<dyn, dyn, dyn>{0, 2, 3}, 0.f), right(shape<dyn, dyn, dyn>{5, 2, 3}, 0.f),
      empty(shape<dyn, dyn, dyn>{5, 0, 3}, 0.f), state(shape<dyn, dyn, dyn>{2, 3, 4}, 0.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(model(wrong)), "tessera::nn::lstm: an input of shape [5, 2, 7] has not the 3 features of the layer at axis 2", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(model(none)), "tessera::nn::lstm: an input of shape [0, 2, 3] has no steps: axis 0 is empty", shape_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(model(right, state, state)), "tessera::nn::lstm: a state h of shape [2, 3, 4] differs at axis 1 from [2, 2, 4], which an input of shape [5, 2, 3] needs", shape_error);
  CHECK_THROWS_AS((nn::lstm<dyn, dyn>{3, 0}), value_error);
  const auto [y, last] = model(empty);
  CHECK(y.size() == 0);
  sum(y).backward();
  const nn::lstm<3, 4> other;
  variable<float, shape<dyn, dyn, 3>> x(tensor<float, shape<dyn, dyn, 3>>(shape<dyn, dyn, 3>{2, 0}, 0.f));
  sum(other(x).output).backward();
  CHECK(x.grad().size() == 0);
}

namespace {

struct tagger {
  nn::embedding<30, 8> table;
  nn::lstm<8, 6, nn::batch_first> cells;
  nn::layer_norm<shape<6>> norm;
  nn::linear<6, 3> head;
  auto operator()(const auto& words) const { return head(norm(cells(table(words)).output)); }
};

}  // namespace

TEST_CASE("nn::lstm in a model: named extents go through it, every parameter is trained, saved and loaded") {
  tagger model;
  using words = shape<dim<'B'>, dim<'T'>>;
  const tensor<int, words> x(words{4, 7}, 3);
  const auto y = model(x);
  static_assert(std::same_as<std::remove_cvref_t<decltype(y)>, variable<float, shape<dim<'B'>, dim<'T'>, 3>>>);
  sum(y * y).backward();
  for (const nn::named_parameter& p : nn::parameters(model)) CHECK_MESSAGE(p.leaf->adjoint, p.name);
  tagger other;
  CHECK(other(x)(3, 6, 2) != y(3, 6, 2));
  load(other, save(model));
  const auto z = other(x);
  for (extent i = 0; i < y.size(); ++i) CHECK(z.data()[i] == y.data()[i]);
  CHECK(nn::state_dict(model).find("cells.weight_hh_l0") != nullptr);
}
