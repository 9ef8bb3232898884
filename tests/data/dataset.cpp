// SPDX-License-Identifier: BSL-1.0
#include <tessera/data/dataset.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/reduce/sum.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <optional>
#include <vector>

namespace {

namespace ts = tessera;
using ts::dyn, ts::extent, ts::shape, ts::tensor;
using indices = std::vector<std::int64_t>;

tensor<float, shape<dyn, 2, 3>> images(extent count) {
  std::vector<float> values(static_cast<std::size_t>(count * 6));
  std::iota(values.begin(), values.end(), 0.f);
  return {shape<dyn, 2, 3>{count}, values};
}
tensor<std::int64_t, shape<dyn>> labels(extent count) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), std::int64_t{100});
  return {shape<dyn>{count}, values};
}
template <class T, class S>
std::vector<T> values(const tensor<T, S>& t) {
  return {t.begin(), t.end()};
}

// A dataset as a user writes it.
struct point {
  tensor<float, shape<2>> position;
  int label;
};
struct spiral {
  extent count;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] point get(extent i) const { return {tensor{static_cast<float>(i), static_cast<float>(-i)}, static_cast<int>(i % 2)}; }
};
struct ragged {
  [[nodiscard]] int size() const { return 3; }
  [[nodiscard]] tensor<float, shape<dyn>> get(extent i) const { return {shape<dyn>{i + 1}, 1.f}; }
};
struct no_size {
  [[nodiscard]] int get(extent) const { return 0; }
};

static_assert(ts::data::Dataset<spiral> && ts::data::Dataset<ragged> && !ts::data::Dataset<no_size> && !ts::data::Dataset<int>);
static_assert(!ts::data::BatchDataset<spiral>);
static_assert(ts::data::StoredDataset<std::reference_wrapper<spiral>> && ts::data::StoredDataset<std::reference_wrapper<const spiral>>);
static_assert(std::same_as<ts::data::batch_of<point>, std::tuple<tensor<float, shape<dyn, 2>>, tensor<int, shape<dyn>>>>);
static_assert(std::same_as<ts::data::batch_of<std::pair<tensor<float, shape<dyn, 3>>, double>, 8>,
                           std::tuple<tensor<float, shape<8, dyn, 3>>, tensor<double, shape<8>>>>);
static_assert(std::same_as<ts::data::batch_of<tensor<bool, shape<>>, 5>, tensor<bool, shape<5>>>);
static_assert(std::same_as<ts::data::batch_of<std::int64_t>, tensor<std::int64_t, shape<dyn>>>);

}  // namespace

TEST_SUITE("data/dataset") {
  TEST_CASE("tensor_dataset: sample i is row i of every tensor") {
    const ts::data::tensor_dataset dataset{images(4), labels(4)};
    using D = std::remove_const_t<decltype(dataset)>;
    static_assert(ts::data::BatchDataset<D>);
    static_assert(std::same_as<ts::data::sample_of<D>, std::tuple<tensor<float, shape<2, 3>>, std::int64_t>>);
    CHECK(dataset.size() == 4);
    const auto [image, label] = dataset.get(2);
    CHECK(values(image) == std::vector<float>{12, 13, 14, 15, 16, 17});
    CHECK(label == 102);
    CHECK(values(std::get<1>(dataset.tensors())) == std::vector<std::int64_t>{100, 101, 102, 103});
  }

  TEST_CASE("tensor_dataset: shares its tensors, and later writes to them do not reach it") {
    auto x = images(3);
    const ts::data::tensor_dataset dataset{x};
    CHECK(std::get<0>(dataset.tensors()).data() == x.data());
    x(0, 0, 0) = 50.f;
    CHECK(values(std::get<0>(dataset.get(0)))[0] == 0.f);
  }

  TEST_CASE("tensor_dataset: refuses tensors of different lengths and indices out of range") {
    CHECK_THROWS_WITH_AS((ts::data::tensor_dataset{images(4), labels(3)}),
                         "tessera::data::tensor_dataset: tensors of shapes [4, 2, 3] and [3] differ at axis 0, the axis of the samples", ts::shape_error);
    const ts::data::tensor_dataset dataset{images(4), labels(4)};
    CHECK_THROWS_WITH_AS(static_cast<void>(dataset.get(4)), "tessera::data::tensor_dataset::get: index 4 is out of range for 4 samples", ts::index_error);
    CHECK_THROWS_AS(static_cast<void>(dataset.get(-1)), ts::index_error);
    auto batch = dataset.reserve<dyn>(2);
    CHECK_THROWS_AS(dataset.gather(indices{0, 4}, batch), ts::index_error);
  }

  TEST_CASE("tensor_dataset: gather gives what collate gives") {
    const ts::data::tensor_dataset dataset{images(5), labels(5), tensor<bool, shape<dyn, 0>>(shape<dyn, 0>{5}, true)};
    const indices order{4, 0, 0, 3};
    auto gathered = dataset.reserve<4>(4);
    static_assert(std::same_as<decltype(gathered), std::tuple<tensor<float, shape<4, 2, 3>>, tensor<std::int64_t, shape<4>>, tensor<bool, shape<4, 0>>>>);
    dataset.gather(order, gathered);
    std::optional<decltype(gathered)> collated;
    ts::data::collate(dataset, order, collated);
    REQUIRE(collated.has_value());
    CHECK(values(std::get<0>(gathered)) == values(std::get<0>(*collated)));
    CHECK(values(std::get<1>(gathered)) == values(std::get<1>(*collated)));
    CHECK(values(std::get<1>(gathered)) == std::vector<std::int64_t>{104, 100, 100, 103});
    CHECK(values(std::get<0>(gathered))[23] == 23.f);
  }

  TEST_CASE("collate: stacks structs, numbers and expressions") {
    std::optional<ts::data::batch_of<point>> points;
    ts::data::collate(spiral{4}, indices{1, 3, 2}, points);
    REQUIRE(points.has_value());
    CHECK(values(std::get<0>(*points)) == std::vector<float>{1, -1, 3, -3, 2, -2});
    CHECK(values(std::get<1>(*points)) == std::vector<int>{1, 1, 0});

    const auto doubled = ts::data::mapped(spiral{4}, [](const auto& position, int) { return position * 2.f + 1.f; });
    std::optional<ts::data::batch_of<ts::data::sample_of<std::remove_const_t<decltype(doubled)>>>> batch;
    ts::data::collate(doubled, indices{3, 0}, batch);
    REQUIRE(batch.has_value());
    static_assert(std::same_as<std::remove_cvref_t<decltype(*batch)>, tensor<float, shape<dyn, 2>>>);
    CHECK(values(*batch) == std::vector<float>{7, -5, 1, 1});
  }

  TEST_CASE("collate: samples of different shapes do not stack") {
    std::optional<ts::data::batch_of<tensor<float, shape<dyn>>>> batch;
    CHECK_THROWS_WITH_AS(ts::data::collate(ragged{}, indices{1, 2}, batch),
                         "tessera::data::collate: sample 2 has a field of shape [3], the first of its batch has [2]", ts::shape_error);
  }

  TEST_CASE("subset: has the samples at its indices, of any dataset, copied or referred to") {
    const spiral all{10};
    const ts::data::subset part{std::cref(all), {7, 2}};
    CHECK(&part.dataset() == &all);
    CHECK(part.size() == 2);
    CHECK(values(part.get(0).position)[0] == 7.f);
    CHECK(part.get(1).label == 0);
    CHECK_THROWS_AS(static_cast<void>(part.get(2)), ts::index_error);
    CHECK_THROWS_WITH_AS((ts::data::subset{all, {1, 10}}), "tessera::data::subset: index 10 is out of range for 10 samples", ts::index_error);

    const ts::data::subset rows{ts::data::tensor_dataset{images(5), labels(5)}, {4, 1, 3}};
    static_assert(ts::data::BatchDataset<std::remove_const_t<decltype(rows)>> && !ts::data::BatchDataset<std::remove_const_t<decltype(part)>>);
    auto batch = rows.reserve<dyn>(2);
    rows.gather(indices{2, 0}, batch);
    CHECK(values(std::get<1>(batch)) == std::vector<std::int64_t>{103, 104});
    CHECK_THROWS_AS(rows.gather(indices{3}, batch), ts::index_error);
  }

  TEST_CASE("split: draws the parts of torch.utils.data.random_split") {
    ts::manual_seed(0);  // torch.manual_seed(0); random_split(range(10), [7, 3])
    const auto [train, valid] = ts::data::split(spiral{10}, {7, 3});
    CHECK(train.indices() == indices{4, 1, 7, 5, 3, 9, 0});
    CHECK(valid.indices() == indices{8, 6, 2});

    ts::generator random(42);
    const auto [a, b] = ts::data::split(spiral{10}, {3, 7}, random);
    CHECK(a.indices() == indices{2, 6, 1});
    CHECK(b.indices() == indices{8, 4, 5, 0, 9, 3, 7});

    random.manual_seed(42);
    const auto [c, d, e] = ts::data::split(spiral{11}, {0.3, 0.3, 0.4}, random);
    CHECK(c.indices() == indices{6, 8, 9, 2});
    CHECK(d.indices() == indices{1, 10, 0});
    CHECK(e.indices() == indices{7, 3, 5, 4});
    CHECK(ts::data::split(spiral{10}, {0.9f, 0.1f})[0].size() == 9);
    CHECK(ts::data::split(spiral{30}, {0.3, 0.3, 0.4})[2].size() == 12);
    CHECK(ts::data::split(spiral{0}, {0, 0})[1].size() == 0);
    CHECK(ts::data::split(spiral{5}, {extent{5} - 1, 1})[0].size() == 4);
  }

  TEST_CASE("split: refuses parts that are not the whole") {
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::data::split(spiral{10}, {7, 2})),
                         "tessera::data::split: the lengths sum to 9, and the dataset has 10 samples", ts::value_error);
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::data::split(spiral{10}, {7, 4})),
                         "tessera::data::split: the lengths sum to more than the 10 samples of the dataset",
                         ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::data::split(spiral{10}, {11, -1})), ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::data::split(spiral{10}, {-1, 11})), ts::value_error);
    CHECK_THROWS_WITH_AS(static_cast<void>(ts::data::split(spiral{10}, {0.5, 0.4})),
                         "tessera::data::split: the fractions sum to 0.9 and must sum to 1", ts::value_error);
    CHECK_THROWS_AS(static_cast<void>(ts::data::split(spiral{10}, {-0.5, 1.5})), ts::value_error);
  }

  TEST_CASE("mapped: passes the sample, or its fields, through the function") {
    const ts::data::tensor_dataset dataset{images(4), labels(4)};
    const ts::data::mapped by_field{dataset, [](const auto& image, std::int64_t label) { return std::tuple{ts::sum(image), static_cast<int>(label)}; }};
    CHECK(by_field.size() == 4);
    CHECK(tensor(std::get<0>(by_field.get(1))).item() == 51.f);
    CHECK(std::get<1>(by_field.get(1)) == 101);
    const ts::data::mapped whole{spiral{4}, [](const point& p) { return p.label + 10; }};
    CHECK(whole.get(3) == 11);
  }
}
