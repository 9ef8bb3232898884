// SPDX-License-Identifier: BSL-1.0
#include "numbers.hpp"

#include <tessera/autograd/create_graph.hpp>
#include <tessera/nn/layer/embedding.hpp>
#include <tessera/nn/module.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/reduce/sum.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace tessera;
using namespace tessera::tests;

namespace {
#include "golden_sequence.inc"
}

TEST_CASE("nn::embedding: the same seed gives PyTorch's rows, and the padding's row is 0") {
  manual_seed(0);
  const nn::embedding<4, 3> small;
  check_close(small.weight, embedding_small, 1e-6);
  manual_seed(5);
  const nn::embedding<7, 5> padded{{.padding_idx = -2}};
  check_close(padded.weight, embedding_padded, 3e-6);
  for (extent j = 0; j < 5; ++j) CHECK(padded.weight(5, j) == 0);
  manual_seed(5);
  const nn::embedding<dyn, dyn> open{7, 5, {.padding_idx = 5}};
  for (extent i = 0; i < 35; ++i) CHECK(open.weight.data()[i] == padded.weight.data()[i]);
  manual_seed(3);
  nn::embedding<6, 4, nn::of<double>> wide;
  check_close(wide.weight, embedding_double, 1e-14);
  CHECK(nn::parameters(wide).front().name == "weight");
}

TEST_CASE("nn::embedding: indices of int32 and int64 of any shape, and a gradient that adds up") {
  nn::embedding<5, 3> table{{.padding_idx = 0}};
  const tensor<int, shape<2, 2>> few{{1, 3}, {0, 3}};
  const tensor<std::int64_t, shape<dyn>> many(shape<dyn>{3}, std::int64_t{4});
  const variable a = table(few);
  const variable b = table(many);
  static_assert(std::same_as<std::remove_cvref_t<decltype(a)>, variable<float, shape<2, 2, 3>>>);
  static_assert(std::same_as<std::remove_cvref_t<decltype(b)>, variable<float, shape<dyn, 3>>>);
  for (extent j = 0; j < 3; ++j) {
    CHECK(a(0, 1, j) == table.weight(3, j));
    CHECK(a(1, 0, j) == 0);
    CHECK(b(2, j) == table.weight(4, j));
  }
  const variable loss = sum(a * a) + sum(b);
  loss.backward();
  const auto g = table.weight.grad();
  for (extent j = 0; j < 3; ++j) {
    CHECK(g(0, j) == 0);
    CHECK(g(1, j) == 2 * table.weight(1, j));
    CHECK(g(2, j) == 0);
    CHECK(g(3, j) == 4 * table.weight(3, j));
    CHECK(g(4, j) == 3);
  }
  const variable one = table(tensor<int, shape<>>(shape<>{}, 2));
  static_assert(std::same_as<std::remove_cvref_t<decltype(one)>, variable<float, shape<3>>>);
  CHECK(one(1) == table.weight(2, 1));
}

TEST_CASE("embedding: the sums of a large batch are the same on any number of threads") {
  const extent count = 3000, rows = 17, columns = 203;
  tensor<std::int64_t, shape<dyn>> indices(shape<dyn>{count}, std::int64_t{0});
  for (extent i = 0; i < count; ++i) indices(i) = i * i * 7 % rows;
  const auto g = wave<float>(shape<dyn, dyn>{count, columns}, 0.37, 0.1);
  const auto run = [&](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    variable w(wave<float>(shape<dyn, dyn>{rows, columns}, 0.3, 0.2));
    const variable y = embedding(indices, w);
    y.backward(g);
    set_num_threads(before);
    std::vector<float> all(y.span().begin(), y.span().end());
    const auto grad = w.grad();
    all.insert(all.end(), grad.span().begin(), grad.span().end());
    return all;
  };
  const std::vector<float> one = run(1);
  CHECK(one == run(2));
  std::vector<float> wanted(static_cast<std::size_t>(rows * columns));
  for (extent i = 0; i < count; ++i)
    for (extent j = 0; j < columns; ++j) wanted[static_cast<std::size_t>(indices(i) * columns + j)] += g(i, j);
  CHECK(std::equal(wanted.begin(), wanted.end(), one.begin() + count * columns));
}

TEST_CASE("embedding: what is no row is named, with its place") {
  const tensor<float, shape<dyn, 3>> table(shape<dyn, 3>{5}, 1.f);
  CHECK_THROWS_WITH_AS(static_cast<void>(embedding(tensor{{1, 0, 2}, {3, 4, 5}}, table)), "tessera::embedding: index 5 at [1, 2] is none of the 5 rows of weight [5, 3]", index_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(embedding(tensor{0, -1}, table)), "tessera::embedding: index -1 at [1] is none of the 5 rows of weight [5, 3]", index_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(embedding(tensor{0}, table, {.padding_idx = 5})), "tessera::embedding: padding_idx 5 is none of the 5 rows", index_error);
  CHECK_THROWS_AS((nn::embedding<5, 3>{{.padding_idx = -6}}), index_error);
  const tensor<int, shape<dyn>> none(shape<dyn>{0}, 0);
  variable w(table);
  const variable y = embedding(none, w);
  CHECK(y.size() == 0);
  sum(y).backward();
  for (const float v : w.grad().span()) CHECK(v == 0);
}

TEST_CASE("embedding: the padding's row has no gradient, of the gradient's gradient neither") {
  variable w(wave<double>(shape<4, 3>{}, 0.6, 0.2));
  variable s(wave<double>(shape<3, 3>{}, 0.9, 0.4));
  sum(square(embedding(tensor{2, 1, 2}, w, {.padding_idx = 1})) * s).backward(create_graph);
  const variable g = w.grad_variable();
  for (extent j = 0; j < 3; ++j) {
    CHECK(g(1, j) == 0);
    CHECK(g(2, j) == doctest::Approx(2 * w(2, j) * (s(0, j) + s(2, j))));
  }
  w.zero_grad();
  s.zero_grad();
  sum(square(g)).backward();
  for (extent j = 0; j < 3; ++j) {
    CHECK(w.grad()(1, j) == 0);
    CHECK(w.grad()(2, j) == doctest::Approx(8 * w(2, j) * (s(0, j) + s(2, j)) * (s(0, j) + s(2, j))));
    CHECK(s.grad()(1, j) == 0);
    CHECK(s.grad()(0, j) == doctest::Approx(8 * w(2, j) * w(2, j) * (s(0, j) + s(2, j))));
  }
}

TEST_CASE("embedding: rows that are read are made as short as max_norm, as in PyTorch") {
  const tensor<int, shape<2, 3>> indices{{2, 0, 5}, {2, 6, 2}};
  const auto check = [&](double p, std::span<const double> table, std::span<const double> output) {
    variable w(wave<double>(shape<7, 4>{}, 0.7, 0.3));
    const auto before = w.value();
    nn::renormalize_rows(indices, w, 0.9, p);
    check_close(w, table, 1e-14);
    check_close(embedding(indices, w), output, 1e-14);
    CHECK(std::ranges::equal(before.span(), wave<double>(shape<7, 4>{}, 0.7, 0.3).span()));  // who held the table keeps what it was
    variable single(wave<float>(shape<7, 4>{}, 0.7, 0.3));
    const float* const place = single.data();
    nn::renormalize_rows(indices, single, 0.9, p);
    CHECK(single.data() == place);
    check_close(single, table, 1e-6);
  };
  check(2, embedding_norm_two, embedding_norm_two_output);
  check(1, embedding_norm_one, embedding_norm_one_output);
  check(std::numeric_limits<double>::infinity(), embedding_norm_largest, embedding_norm_largest_output);
  check(3, embedding_norm_three, embedding_norm_three_output);
}

TEST_CASE("embedding: the gradient of a row is divided by how often it was read") {
  const tensor<std::int64_t, shape<2, 3>> indices{{std::int64_t{2}, std::int64_t{0}, std::int64_t{5}}, {std::int64_t{2}, std::int64_t{6}, std::int64_t{2}}};
  const auto read = [&](const auto& w) { return embedding(indices, w, {.padding_idx = 6, .scale_grad_by_freq = true}); };
  const auto given = wave<double>(shape<2, 3, 4>{}, 0.4, 1.1);
  variable w(wave<double>(shape<7, 4>{}, 0.7, 0.3));
  variable g(given);
  const variable y = read(w);
  y.backward(given, retain_graph);
  check_close(w.grad(), embedding_frequencies_grad, 1e-14);
  w.zero_grad();
  sum(y * g).backward(create_graph);
  const variable first = w.grad_variable();
  w.zero_grad();
  g.zero_grad();
  const auto h = wave<double>(shape<7, 4>{}, 0.9, 0.2);
  sum(first * h).backward();  // the adjoint of dividing is to divide
  for (extent i = 0; i < 6; ++i)
    for (extent j = 0; j < 4; ++j) {
      const std::int64_t row = indices.data()[i];
      CHECK(g.grad().data()[i * 4 + j] == doctest::Approx(row == 6 ? 0 : h(row, j) / (row == 2 ? 3 : 1)));
    }
}

TEST_CASE("nn::embedding: all options together are PyTorch's") {
  manual_seed(5);
  const nn::embedding<7, 4, nn::of<double>> table{{.padding_idx = 0, .max_norm = 1.5, .norm_type = 3, .scale_grad_by_freq = true}};
  const auto y = table(tensor<int, shape<2, 3>>{{2, 0, 5}, {2, 6, 2}});
  check_close(y, embedding_both_output, 1e-14);
  check_close(table.weight, embedding_both_weight, 1e-14);
  sum(y * y * wave<double>(shape<2, 3, 4>{}, 0.4, 1.1)).backward();
  check_close(table.weight.grad(), embedding_both_grad, 1e-13);
}

TEST_CASE("embedding: a norm that cannot be, and a table that is no leaf, are refused") {
  variable w(wave<double>(shape<7, 4>{}, 0.7, 0.3));
  CHECK_THROWS_WITH_AS((nn::embedding<5, 3>{{.max_norm = -1}}), "tessera::nn::embedding: max_norm is -1 and must not be negative", value_error);
  CHECK_THROWS_WITH_AS(nn::renormalize_rows(tensor{0}, w, 1, 0), "tessera::nn::embedding: norm_type is 0 and must be above 0", value_error);
  variable computed = w * 2.0;
  CHECK_THROWS_WITH_AS(nn::renormalize_rows(tensor{0}, computed, 1), "tessera::nn::renormalize_rows: only a leaf can be written; this value was computed", autograd_error);
  nn::renormalize_rows(tensor{7, -1, 6}, w, 0);  // what is no row is for the lookup to refuse
  for (extent i = 0; i < 28; ++i) CHECK(w.data()[i] == (i < 24 ? std::sin(static_cast<double>(i) * 0.7 + 0.3) : 0.0));
  nn::embedding<5, 3> table{{.max_norm = 1}};
  CHECK_THROWS_AS(static_cast<void>(table(tensor{5})), index_error);
}
