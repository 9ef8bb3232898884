// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("slices, joined tensors and embeddings at every place") {
  selections([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("movements at every place") {
  movements([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("dropout and casts at every place") {
  random_ops([](const auto& op) { check_case_at_places(op); });
  conversions([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("embedding with a padding, and of an index that is no row, at every place") {
  const auto padded = [](const auto& w) { return embedding(tensor{1, 3, 0, 3, 2, 1, 1}, w, {.padding_idx = 1}); };
  check_places<float>("padding", padded, operand_of<float>(shape<dyn, dyn>{4, 5}, 0));
  for_each_place([](const char* name) {
    CAPTURE(name);
    const auto table = placed([] {
      const with_device on(device::cpu());
      return operand_of<float>(shape<dyn, dyn>{4, 5}, 0);
    }());
    CHECK_THROWS_AS(static_cast<void>(sum(embedding(tensor{1, 4}, table)).item()), index_error);
    CHECK_THROWS_AS(static_cast<void>(sum(embedding(tensor{-1}, table)).item()), index_error);
  });
}

}  // namespace tessera::tests
