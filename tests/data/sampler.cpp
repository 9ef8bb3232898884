// SPDX-License-Identifier: BSL-1.0
#include <tessera/data/sampler.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

namespace ts = tessera;
using indices = std::vector<std::int64_t>;

indices list(const ts::data::epoch_order& order, ts::extent number) {
  const auto batch = order.batch(number);
  return {batch.begin(), batch.end()};
}

}  // namespace

TEST_SUITE("data/sampler") {
  TEST_CASE("batch_count: is PyTorch's len") {
    static_assert(ts::data::batch_count(10, 4, false) == 3 && ts::data::batch_count(10, 4, true) == 2);
    static_assert(ts::data::batch_count(8, 4, false) == 2 && ts::data::batch_count(8, 4, true) == 2);
    static_assert(ts::data::batch_count(0, 4, false) == 0 && ts::data::batch_count(3, 4, false) == 1 && ts::data::batch_count(3, 4, true) == 0);
  }

  TEST_CASE("epoch_order: without shuffle the batches follow each other, and one number is drawn") {
    ts::manual_seed(0);
    const ts::data::epoch_order order({.size = 10, .batch_size = 4});
    CHECK(order.batches() == 3);
    CHECK(list(order, 0) == indices{0, 1, 2, 3});
    CHECK(list(order, 2) == indices{8, 9});
    ts::generator same(0);
    CHECK(order.base_seed() == ts::random_integer(same));
    CHECK(ts::default_generator().state() == same.state());
  }

  TEST_CASE("epoch_order: a given generator draws a second order when no full batch is left, as RandomSampler does") {
    for (const bool drop_last : {false, true}) {
      ts::generator random(5), same(5);
      const ts::data::epoch_order order({.size = 10, .batch_size = 4, .shuffle = true, .drop_last = drop_last, .generator = &random});
      CHECK(order.base_seed() == ts::random_integer(same));
      const indices drawn = ts::permutation(same, 10);
      CHECK(list(order, 1) == indices(drawn.begin() + 4, drawn.begin() + 8));
      order.request(0);
      order.request(1);
      CHECK(random.state() == same.state());
      order.request(2);
      CHECK(random.state() != same.state());
      CHECK(ts::permutation(same, 10) != drawn);
      CHECK(random.state() == same.state());
      order.request(3);
      CHECK(random.state() == same.state());
    }
  }
}
