// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("convolutions at every place") {
  convolutions([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("poolings at every place") {
  poolings([](const auto& op) { check_case_at_places(op); });
}

}  // namespace tessera::tests
