// SPDX-License-Identifier: BSL-1.0
// Sorting and running totals, which no operation uses yet, against the standard library.
#include <support/places.hpp>
#include <tessera/backend/scan.hpp>
#include <tessera/backend/sort.hpp>
#include <tessera/op/movement/to.hpp>
#include <tessera/tensor/closeness.hpp>
#include <tessera/tensor/create.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace tessera {
namespace {

TEST_CASE("scan gives running totals along rows") {
  const tensor<std::int64_t, shape<3, 1000>> x = randint(-50, 50, shape<3, 1000>{});
  tests::for_each_place([&](const char* name) {
    CAPTURE(name);
    const tensor there = tests::placed(x);
    auto sums = zeros<std::int64_t>(shape<3, 1000>{});
    backend::scan<backend::plain_sum>(3, 1000, there.data(), sums.mutable_data());
    const tensor here = to(sums, device::cpu());
    for (extent i = 0; i < 3; ++i) {
      std::vector<std::int64_t> expected(1000);
      std::partial_sum(x.data() + i * 1000, x.data() + (i + 1) * 1000, expected.begin());
      CHECK(std::equal(expected.begin(), expected.end(), here.data() + i * 1000));
    }
  });
}

TEST_CASE("sort orders rows, keeps equal keys in order and puts NaN last") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const tensor<float, shape<2, 6>> x{{3.F, 1.F, nan, 2.F, 1.F, -5.F}, {0.F, 0.F, 0.F, 1.F, -1.F, 0.F}};
  tests::for_each_place([&](const char* name) {
    CAPTURE(name);
    for (const bool descending : {false, true}) {
      tensor keys = tests::placed(x);
      auto places = zeros<std::int64_t>(shape<2, 6>{});
      backend::sort(2, 6, keys.mutable_data(), places.mutable_data(), descending);
      const tensor<std::int64_t, shape<2, 6>> up{{5, 1, 4, 3, 0, 2}, {4, 0, 1, 2, 5, 3}}, down{{2, 0, 3, 1, 4, 5}, {3, 0, 1, 2, 5, 4}};
      CHECK(equal(places, descending ? down : up));
      const tensor sorted = to(keys, device::cpu());
      CHECK(std::isnan(sorted(0, descending ? 0 : 5)));
      CHECK(sorted(1, 0) == (descending ? 1.F : -1.F));
    }
  });
}

}  // namespace
}  // namespace tessera
