// SPDX-License-Identifier: BSL-1.0
#include <allocation/counting.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace tessera::tests {

TEST_CASE("every form of operator new is counted") {
  struct alignas(128) wide {
    char at[128];
  };
  const auto calls = [](auto make) {
    const long before = allocations;
    const auto made = make();
    return allocations - before;
  };
  CHECK(calls([] { return std::make_unique<int>(1); }) == 1);
  CHECK(calls([] { return std::make_unique<int[]>(3); }) == 1);
  CHECK(calls([] { return std::make_unique<wide>(); }) == 1);
  CHECK(calls([] { return std::make_unique<wide[]>(2); }) == 1);
  CHECK(calls([] { return std::vector<double>(5); }) == 1);
  CHECK(reinterpret_cast<std::uintptr_t>(std::make_unique<wide>().get()) % 128 == 0);
}

}  // namespace tessera::tests
