// SPDX-License-Identifier: BSL-1.0
#include <tessera/data/loader.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

namespace ts = tessera;
using ts::dyn, ts::extent, ts::shape, ts::tensor;
using ts::data::loader;
using batches = std::vector<std::vector<std::int64_t>>;

// Sample i is the number i.
struct numbers {
  extent count;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] std::int64_t get(extent i) const { return i; }
};
// What a random transform draws.
struct random_numbers {
  extent count;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] std::int64_t get(extent) const {
    std::int64_t drawn = 0;
    ts::fill_integers(ts::default_generator(), &drawn, 1, 0, 1000);
    return drawn;
  }
};
// Sample `bad` cannot be read.
struct broken {
  extent count, bad;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] std::int64_t get(extent i) const {
    if (i == bad) throw std::runtime_error("sample is broken");
    return i;
  }
};
// Counts the calls and the threads inside get.
struct counted {
  extent count;
  std::atomic<int>* calls;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] std::tuple<tensor<float, shape<4>>, std::int64_t> get(extent i) const {
    ++*calls;
    return {tensor<float, shape<4>>(shape<4>{}, static_cast<float>(i)), i};
  }
};
struct sequences {
  extent count;
  [[nodiscard]] extent size() const { return count; }
  [[nodiscard]] tensor<float, shape<dyn>> get(extent i) const { return {shape<dyn>{i / 2 + 1}, static_cast<float>(i)}; }
};

static_assert(std::ranges::input_range<loader<numbers>> && std::ranges::input_range<const loader<numbers>>);

template <class Loader>
batches run(const Loader& source) {
  batches all;
  for (auto&& batch : source) all.emplace_back(batch.begin(), batch.end());
  return all;
}
// Three numbers below 1000 that torch.randint(0, 1000, (3,)) would draw next.
std::vector<std::int64_t> next_three(ts::generator& random) {
  std::vector<std::int64_t> drawn(3);
  ts::fill_integers(random, drawn.data(), 3, 0, 1000);
  return drawn;
}

}  // namespace

TEST_SUITE("data/loader") {
  TEST_CASE("loader: without shuffle the samples come in order, the rest in a last batch") {
    for (const int workers : {0, 1, 2, 3, 20}) {
      CAPTURE(workers);
      const loader all{numbers{10}, {.batch_size = 4, .workers = workers}};
      CHECK(all.size() == 3);
      CHECK(run(all) == batches{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});
      CHECK(run(all) == batches{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});
      const loader whole{numbers{10}, {.batch_size = 4, .drop_last = true, .workers = workers}};
      CHECK(whole.size() == 2);
      CHECK(run(whole) == batches{{0, 1, 2, 3}, {4, 5, 6, 7}});
    }
    CHECK(run(loader{numbers{2}}) == batches{{0}, {1}});
  }

  TEST_CASE("loader: shuffles as PyTorch's DataLoader with the default generator, in two epochs") {
    for (const int workers : {0, 1, 2, 5}) {
      CAPTURE(workers);
      ts::manual_seed(0);
      const loader shuffled{numbers{10}, {.batch_size = 4, .shuffle = true, .workers = workers}};
      CHECK(run(shuffled) == batches{{6, 7, 1, 4}, {2, 0, 9, 8}, {3, 5}});
      CHECK(run(shuffled) == batches{{2, 4, 7, 0}, {8, 9, 5, 3}, {6, 1}});
      CHECK(next_three(ts::default_generator()) == std::vector<std::int64_t>{497, 683, 101});

      ts::manual_seed(0);
      const loader ordered{numbers{10}, {.batch_size = 4, .workers = workers}};
      run(ordered);
      run(ordered);
      CHECK(next_three(ts::default_generator()) == std::vector<std::int64_t>{963, 379, 427});
    }
  }

  TEST_CASE("loader: shuffles as DataLoader(generator=...), and leaves that generator as PyTorch does") {
    for (const int workers : {0, 1, 2, 5})
      for (const bool drop_last : {false, true}) {
        CAPTURE(workers);
        ts::generator random(5);
        const loader shuffled{numbers{10}, {.batch_size = 4, .shuffle = true, .drop_last = drop_last, .workers = workers, .generator = &random}};
        batches first{{7, 4, 8, 1}, {2, 3, 6, 5}, {9, 0}}, second{{2, 1, 6, 3}, {5, 9, 4, 7}, {8, 0}};
        if (drop_last) first.pop_back(), second.pop_back();
        CHECK(run(shuffled) == first);
        CHECK(run(shuffled) == second);
        CHECK(next_three(random) == std::vector<std::int64_t>{286, 433, 434});
      }
  }

  TEST_CASE("loader: a loop left early leaves a given generator as PyTorch does, which depends on the workers") {
    const auto after_one = [](int workers) {
      ts::generator random(5);
      const loader shuffled{numbers{10}, {.batch_size = 4, .shuffle = true, .workers = workers, .generator = &random}};
      for ([[maybe_unused]] auto&& batch : shuffled) break;
      return next_three(random);
    };
    CHECK(after_one(0) == std::vector<std::int64_t>{750, 211, 312});
    CHECK(after_one(2) == std::vector<std::int64_t>{109, 647, 912});  // two workers are asked for all three batches at once
  }

  TEST_CASE("loader: workers are seeded as PyTorch's, so that random samples repeat") {
    const auto two_epochs = [](int workers) {
      ts::manual_seed(0);
      const loader random{random_numbers{8}, {.batch_size = 2, .workers = workers}};
      batches all = run(random);
      for (auto& batch : run(random)) all.push_back(batch);
      return all;
    };
    CHECK(two_epochs(0) == batches{{933, 760}, {963, 379}, {427, 503}, {497, 683}, {756, 399}, {878, 376}, {56, 868}, {794, 33}});
    CHECK(two_epochs(2) == batches{{906, 10}, {724, 2}, {804, 13}, {724, 613}, {226, 483}, {932, 614}, {717, 710}, {344, 191}});
  }

  TEST_CASE("loader: the types of the batches") {
    const ts::data::tensor_dataset dataset{tensor<float, shape<dyn, 28, 28>>(shape<dyn, 28, 28>{70}, 1.f), tensor<std::int64_t, shape<dyn>>(shape<dyn>{70}, 3)};
    const loader dynamic{dataset, {.batch_size = 64}};
    static_assert(std::same_as<decltype(dynamic)::batch_type, std::tuple<tensor<float, shape<dyn, 28, 28>>, tensor<std::int64_t, shape<dyn>>>>);
    extent rows = 0;
    for (auto&& [images, labels] : dynamic) {
      CHECK(images.size(0) == labels.size(0));
      rows += images.size(0);
    }
    CHECK(rows == 70);
    CHECK(dynamic.size() == 2);

    const loader fixed{dataset, ts::batch<64>, {.shuffle = true}};
    static_assert(std::same_as<decltype(fixed)::batch_type, std::tuple<tensor<float, shape<64, 28, 28>>, tensor<std::int64_t, shape<64>>>>);
    CHECK(fixed.size() == 1);
    CHECK(fixed.options().batch_size == 64);
    CHECK(std::ranges::distance(fixed.begin(), fixed.end()) == 1);
    CHECK(loader{dataset, ts::batch<71>}.size() == 0);
    for ([[maybe_unused]] auto&& batch : loader{dataset, ts::batch<71>}) FAIL("there is no whole batch");
  }

  TEST_CASE("loader: a tensor_dataset, a subset of one and the same samples one by one give the same batches") {
    std::vector<float> values(30);
    std::iota(values.begin(), values.end(), 0.f);
    const ts::data::tensor_dataset dataset{tensor<float, shape<dyn, 3>>(shape<dyn, 3>{10}, values), tensor<int, shape<10>>(shape<10>{}, 7)};
    const auto contents = [](const auto& source, int workers) {
      ts::manual_seed(3);
      std::vector<float> all;
      for (const auto& [x, y] : loader{source, {.batch_size = 4, .shuffle = true, .workers = workers}}) {
        all.insert(all.end(), x.begin(), x.end());
        CHECK(y(y.size(0) - 1) == 7);
      }
      return all;
    };
    const std::vector<float> expected = contents(dataset, 0);
    CHECK(expected.size() == 30);
    const ts::data::mapped one_by_one{dataset, [](const auto& sample) { return sample; }};
    static_assert(!ts::data::BatchDataset<std::remove_const_t<decltype(one_by_one)>>);
    const ts::data::subset everything{dataset, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
    for (const int workers : {0, 2}) {
      CHECK(contents(dataset, workers) == expected);
      CHECK(contents(everything, workers) == expected);
      CHECK(contents(one_by_one, workers) == expected);
      CHECK(contents(std::cref(one_by_one), workers) == expected);
    }
  }

  TEST_CASE("loader: nothing to load, and more workers or larger batches than there are samples") {
    for (const int workers : {0, 2}) {
      const loader none{numbers{0}, {.batch_size = 4, .shuffle = true, .workers = workers}};
      CHECK(none.size() == 0);
      CHECK(run(none).empty());
      ts::generator random(1);
      CHECK(run(loader{numbers{0}, {.batch_size = 4, .shuffle = true, .drop_last = true, .workers = workers, .generator = &random}}).empty());
      CHECK(run(loader{numbers{3}, {.batch_size = 4, .workers = workers}}) == batches{{0, 1, 2}});
      CHECK(run(loader{numbers{3}, {.batch_size = 4, .drop_last = true, .workers = workers}}).empty());
      CHECK(run(loader{numbers{3}, {.batch_size = std::numeric_limits<extent>::max(), .workers = workers}}) == batches{{0, 1, 2}});
    }
    CHECK(run(loader{numbers{3}, {.batch_size = 2, .workers = 9, .prefetch_factor = 5}}) == batches{{0, 1}, {2}});
  }

  TEST_CASE("loader: refuses options that mean nothing") {
    CHECK_THROWS_WITH_AS((loader{numbers{3}, {.batch_size = 0}}), "tessera::data::loader: batch_size is 0 and must be at least 1", ts::value_error);
    CHECK_THROWS_WITH_AS((loader{numbers{3}, {.workers = -1}}), "tessera::data::loader: workers is -1 and must be at least 0", ts::value_error);
    CHECK_THROWS_WITH_AS((loader{numbers{3}, {.prefetch_factor = 0}}), "tessera::data::loader: prefetch_factor is 0 and must be at least 1", ts::value_error);
    CHECK_THROWS_WITH_AS((loader{numbers{3}, ts::batch<2>, {.batch_size = 4}}), "tessera::data::loader: batch<2> contradicts batch_size = 4", ts::value_error);
    CHECK_NOTHROW(loader{numbers{3}, ts::batch<2>, {.batch_size = 2}});
  }

  TEST_CASE("loader: an exception of the dataset comes at its batch and ends the loop") {
    for (const int workers : {0, 1, 2, 4}) {
      CAPTURE(workers);
      const loader source{broken{20, 9}, {.batch_size = 4, .workers = workers}};
      batches seen;
      CHECK_THROWS_WITH_AS(
          [&] {
            for (auto&& batch : source) seen.emplace_back(batch.begin(), batch.end());
          }(),
          "sample is broken", std::runtime_error);
      CHECK(seen == batches{{0, 1, 2, 3}, {4, 5, 6, 7}});

      auto it = source.begin();
      ++it;
      CHECK_THROWS_AS(++it, std::runtime_error);
      CHECK(it == source.end());
      CHECK_THROWS_AS(static_cast<void>(loader{broken{4, 0}, {.workers = workers}}.begin()), std::runtime_error);
    }
  }

  TEST_CASE("loader: samples that do not stack are an error in a worker too") {
    for (const int workers : {0, 2}) {
      extent sum = 0;
      for (auto&& x : loader{sequences{6}, {.batch_size = 2, .workers = workers}}) sum += x.size(1) * 10 + x.size(0);
      CHECK(sum == 66);
      const loader ragged{sequences{6}, {.batch_size = 3, .workers = workers}};
      CHECK_THROWS_WITH_AS(run(ragged), "tessera::data::collate: sample 2 has a field of shape [2], the first of its batch has [1]", ts::shape_error);
    }
  }

  TEST_CASE("loader: a loop may be left early, and the next one starts afresh") {
    std::atomic<int> calls{0};
    const loader source{counted{40, &calls}, {.batch_size = 2, .workers = 3}};
    for (int stop = 0; stop < 20; ++stop) {
      calls = 0;
      int taken = 0;
      for (const auto& [x, i] : source) {
        REQUIRE(i(0) == 2 * taken);
        REQUIRE(x(1, 3) == static_cast<float>(i(1)));
        if (taken++ == stop) break;
      }
      CHECK(calls <= 2 * (taken + 6));  // no worker is more than two batches ahead
      CHECK(calls >= 2 * taken);
    }
  }

  TEST_CASE("loader: loops over one loader may be nested, and two threads may run their own") {
    const loader source{numbers{9}, {.batch_size = 2, .workers = 2}};
    std::int64_t pairs = 0;
    for (auto&& outer : source)
      for (auto&& inner : source) pairs += outer.size() * inner.size();
    CHECK(pairs == 81);
    std::atomic<std::int64_t> total{0};
    std::vector<std::thread> users;
    for (int u = 0; u < 2; ++u)
      users.emplace_back([&] {
        for (auto&& batch : source)
          for (const std::int64_t i : batch) total += i;
      });
    for (std::thread& user : users) user.join();
    CHECK(total == 72);
  }

  TEST_CASE("loader: batches that are kept stay as they are, and moved ones cost nothing") {
    const loader source{ts::data::tensor_dataset{tensor<float, shape<6>>(shape<6>{}, 1.f)}, {.batch_size = 2, .workers = 2}};
    std::vector<std::tuple<tensor<float, shape<dyn>>>> kept;
    for (auto&& batch : source) {
      const float* data = std::get<0>(batch).data();
      kept.push_back(std::move(batch));
      CHECK(std::get<0>(kept.back()).data() == data);
    }
    std::set<const float*> places;
    for (const auto& [x] : kept) {
      CHECK((x(0) == 1.f && x(1) == 1.f));
      places.insert(x.data());
    }
    CHECK(places.size() == 3);
  }

  TEST_CASE("loader: the memory of batches goes round, over epochs and threads") {
    std::atomic<int> calls{0};
    const counted samples{60, &calls};
    const ts::data::tensor_dataset rows{tensor<float, shape<60, 4>>(shape<60, 4>{}, 1.f), tensor<std::int64_t, shape<60>>(shape<60>{}, 1)};
    const auto places = [](const auto& source) {
      std::set<const float*> seen;
      for (int epoch = 0; epoch < 4; ++epoch)
        for (auto&& [x, y] : source) seen.insert(x.data());
      return seen.size();
    };
    CHECK(places(loader{rows, {.batch_size = 3}}) <= 2);
    CHECK(places(loader{rows, {.batch_size = 3, .workers = 2}}) <= 12);
    CHECK(places(loader{samples, {.batch_size = 3, .workers = 2}}) <= 12);
  }

  TEST_CASE("loader: refers to a dataset in std::ref and copies any other") {
    numbers mutable_numbers{4};
    const loader copy{mutable_numbers, {.batch_size = 2}};
    const loader reference{std::ref(mutable_numbers), {.batch_size = 2}};
    mutable_numbers.count = 6;
    CHECK(copy.size() == 2);
    CHECK(reference.size() == 3);
    CHECK(run(reference) == batches{{0, 1}, {2, 3}, {4, 5}});
    CHECK(&reference.dataset() == &mutable_numbers);
  }
}
