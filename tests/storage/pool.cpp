// SPDX-License-Identifier: BSL-1.0
#include <tessera/storage/block.hpp>
#include <tessera/storage/pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace pool = tessera::pool;
using tessera::block;

namespace {

constexpr bool classes_fit() {
  for (std::size_t bytes = 1; bytes < 100000; bytes += 7) {
    const int c = pool::detail::class_of(bytes);
    if (pool::detail::bytes_of(c) < bytes) return false;
    if (c > 0 && pool::detail::bytes_of(c - 1) >= bytes) return false;
  }
  return true;
}

}  // namespace

TEST_SUITE("storage/pool") {
  TEST_CASE("classes: the smallest one that holds the bytes, and little of it is unused") {
    static_assert(classes_fit());
    static_assert(pool::detail::class_of(0) == 0 && pool::detail::class_of(64) == 0 && pool::detail::class_of(65) == 1);
    for (int c = 0; c + 1 < pool::detail::class_count; ++c) {
      const std::size_t here = pool::detail::bytes_of(c), next = pool::detail::bytes_of(c + 1);
      REQUIRE(here < next);
      REQUIRE(pool::detail::class_of(here) == c);
      REQUIRE(pool::detail::class_of(here + 1) == c + 1);
      if (c >= 4) CHECK(next * 4 <= here * 5);
    }
  }

  TEST_CASE("allocate: on a cache line, every byte usable") {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{1000}, std::size_t{1} << 20}) {
      void* piece = pool::allocate(bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(piece) % pool::alignment == 0);
      std::memset(piece, 0xff, pool::detail::bytes_of(pool::detail::class_of(bytes)));
      pool::release(piece, bytes);
    }
  }

  TEST_CASE("allocate: what was released last comes back first, for its class only") {
    pool::trim();
    void* a = pool::allocate(1000);
    void* b = pool::allocate(1000);
    pool::release(a, 1000);
    pool::release(b, 1000);
    void* other = pool::allocate(2000);
    CHECK(other != a);
    CHECK(other != b);
    CHECK(pool::allocate(1020) == b);  // 1000 and 1020 bytes share a class
    CHECK(pool::allocate(1000) == a);
    pool::release(other, 2000);
    pool::release(a, 1000);
    pool::release(b, 1000);
  }

  TEST_CASE("allocate: more than there can be is bad_alloc") {
    for (const std::size_t bytes : {(std::size_t{1} << 39) + 1, std::size_t{1} << 50, std::numeric_limits<std::size_t>::max() / 4}) {
      CHECK_THROWS_AS(static_cast<void>(pool::allocate(bytes)), std::bad_alloc);
      CHECK_THROWS_AS(static_cast<void>(block(bytes)), std::bad_alloc);
    }
  }

  TEST_CASE("release: on another thread the piece stays there") {
    pool::trim();
    void* piece = pool::allocate(5000);
    void* again = nullptr;
    std::thread([&] {
      pool::release(piece, 5000);
      again = pool::allocate(5000);
      pool::release(again, 5000);
    }).join();
    CHECK(again == piece);
    CHECK(pool::detail::local_cache()->kept == 0);
  }

  TEST_CASE("trim: keeps nothing, and the pool goes on") {
    pool::release(pool::allocate(3000), 3000);
    CHECK(pool::detail::local_cache()->kept >= 3000);
    pool::trim();
    CHECK(pool::detail::local_cache()->kept == 0);
    void* piece = pool::allocate(3000);
    std::memset(piece, 1, 3000);
    pool::release(piece, 3000);
  }

  TEST_CASE("block: counts its handles and gives the memory back with the last one") {
    pool::trim();
    block a(4000);
    const void* place = a.data();
    CHECK(a.references() == 1);
    CHECK(a.bytes() == 4000);
    CHECK(reinterpret_cast<std::uintptr_t>(place) % pool::alignment == 0);
    {
      const block b = a;
      CHECK(a.references() == 2);
      CHECK(b == a);
      block c;
      c = a;
      CHECK(a.references() == 3);
      const block d = std::move(c);
      CHECK(a.references() == 3);
      CHECK_FALSE(c);
      CHECK(d.data() == place);
    }
    CHECK(a.references() == 1);
    a = block();
    CHECK_FALSE(a);
    CHECK(a.references() == 0);
    CHECK(a.bytes() == 0);
    CHECK(block(4000).data() == place);
  }

  TEST_CASE("block: assigning a block to itself keeps it") {
    block a(10);
    const block& same = a;
    a = same;
    CHECK(a.references() == 1);
  }

  TEST_CASE("block: exported once, exported for all handles") {
    block a(10);
    const block b = a;
    CHECK_FALSE(b.exported());
    a.mark_exported();
    CHECK(b.exported());
    CHECK_FALSE(block().exported());
  }

  TEST_CASE("block: handles made and dropped on many threads") {
    const block a(100);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&a] {
        for (int i = 0; i < 10000; ++i) {
          const block b = a;
          const block c(64);
          static_cast<char*>(c.data())[0] = static_cast<char>(i);
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(a.references() == 1);
  }

  TEST_CASE("pieces in use never overlap") {
    std::set<std::uintptr_t> taken;
    std::vector<block> blocks;
    for (std::size_t i = 0; i < 200; ++i) {
      blocks.emplace_back(i * 13);
      CHECK(taken.insert(reinterpret_cast<std::uintptr_t>(blocks.back().data())).second);
      std::memset(blocks.back().data(), static_cast<int>(i), i * 13);
    }
    for (std::size_t i = 0; i < 200; ++i) {
      const auto* bytes = static_cast<const unsigned char*>(blocks[i].data());
      CHECK(std::all_of(bytes, bytes + i * 13, [i](unsigned char byte) { return byte == i; }));
    }
  }
}
