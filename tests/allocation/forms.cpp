// SPDX-License-Identifier: BSL-1.0
#include <allocation/counting.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <new>

namespace tessera::tests {

// The functions are called by name: a compiler may leave out a new-expression whose memory nobody looks at.
TEST_CASE("every form of operator new is counted, and keeps to its alignment") {
  constexpr std::align_val_t wide{128};
  const long before = allocations;
  void* const plain[] = {::operator new(5), ::operator new[](5), ::operator new(5, std::nothrow), ::operator new[](5, std::nothrow)};
  void* const aligned[] = {::operator new(5, wide), ::operator new[](5, wide), ::operator new(5, wide, std::nothrow), ::operator new[](5, wide, std::nothrow)};
  CHECK(allocations - before == 8);
  for (void* memory : plain) {
    CHECK(memory != nullptr);
    ::operator delete(memory);
  }
  for (void* memory : aligned) {
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 128 == 0);
    ::operator delete(memory, wide);
  }
}

TEST_CASE("a request fails when it is told to, once") {
  calls_before_failure = 1;
  void* const first = ::operator new(5);
  CHECK_THROWS_AS(static_cast<void>(::operator new(5)), std::bad_alloc);
  void* const third = ::operator new(5);
  CHECK(third != nullptr);
  ::operator delete(first);
  ::operator delete(third);
  CHECK(calls_before_failure < 0);
}

}  // namespace tessera::tests
