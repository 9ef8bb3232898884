// SPDX-License-Identifier: BSL-1.0
#include <support/with_threads.hpp>
#include <tessera/backend/parallel.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using tessera::tests::with_threads;

using tessera::extent;
using ranges = std::vector<std::pair<extent, extent>>;

ranges partition(extent count, extent grain) {
  std::mutex mutex;
  ranges seen;
  tessera::parallel_for(count, grain, [&](extent begin, extent end) {
    const std::lock_guard guard(mutex);
    seen.emplace_back(begin, end);
  });
  std::sort(seen.begin(), seen.end());
  return seen;
}

}  // namespace

TEST_SUITE("backend/parallel") {
  TEST_CASE("set_num_threads: is what num_threads returns, and refuses less than one") {
    CHECK(tessera::num_threads() >= 1);
    const with_threads three(3);
    CHECK(tessera::num_threads() == 3);
    CHECK_THROWS_AS(tessera::set_num_threads(0), tessera::value_error);
    CHECK_THROWS_WITH(tessera::set_num_threads(-2), "tessera::set_num_threads(-2): at least one thread is needed");
    CHECK(tessera::num_threads() == 3);
  }

  TEST_CASE("parallel_for: the ranges cover the loop once and do not depend on the number of threads") {
    for (const extent count : {1, 2, 7, 64, 1000, 1024, 1025, 100000})
      for (const extent grain : {0, 1, 3, 64, 5000}) {
        const with_threads one(1);
        const ranges alone = partition(count, grain);
        extent next = 0;
        for (const auto& [begin, end] : alone) {
          REQUIRE(begin == next);
          REQUIRE(end > begin);
          REQUIRE((end - begin >= grain || end == count));
          next = end;
        }
        CHECK(next == count);
        CHECK(alone.size() <= 1024);
        for (const int threads : {2, 3, 5}) {
          const with_threads several(threads);
          CHECK(partition(count, grain) == alone);
        }
      }
  }

  TEST_CASE("parallel_for: an empty loop calls nothing") {
    bool called = false;
    tessera::parallel_for(0, 1, [&](extent, extent) { called = true; });
    tessera::parallel_for(-4, 1, [&](extent, extent) { called = true; });
    CHECK_FALSE(called);
  }

  TEST_CASE("parallel_for: more than one thread works when each waits for another") {
    const with_threads three(3);
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::atomic<int> present{0};
      tessera::parallel_for(3, 1, [&](extent, extent) {
        ++present;
        while (present < 3) std::this_thread::yield();
      });
      CHECK(present == 3);
    }
  }

  TEST_CASE("parallel_for: what the body wrote is visible after the call") {
    const with_threads four(4);
    std::vector<extent> x(5000);
    for (int repeat = 0; repeat < 200; ++repeat) {
      tessera::parallel_for(5000, 100, [&](extent begin, extent end) {
        for (extent i = begin; i < end; ++i) x[static_cast<std::size_t>(i)] += i;
      });
    }
    bool right = true;
    for (extent i = 0; i < 5000; ++i) right = right && x[static_cast<std::size_t>(i)] == 200 * i;
    CHECK(right);
  }

  TEST_CASE("parallel_for: inside a body it works on the thread it is called from") {
    const with_threads three(3);
    std::atomic<int> elsewhere{0}, total{0};
    tessera::parallel_for(8, 1, [&](extent, extent) {
      const auto self = std::this_thread::get_id();
      tessera::parallel_for(16, 1, [&](extent begin, extent end) {
        if (std::this_thread::get_id() != self) ++elsewhere;
        total += static_cast<int>(end - begin);
      });
    });
    CHECK(elsewhere == 0);
    CHECK(total == 128);
  }

  TEST_CASE("parallel_for: an exception reaches the caller and the next loop runs whole") {
    for (const int threads : {1, 3}) {
      const with_threads some(threads);
      for (const extent bad : {0, 5, 99})
        CHECK_THROWS_WITH_AS(tessera::parallel_for(100, 1,
                                                   [&](extent begin, extent) {
                                                     if (begin == bad) throw std::runtime_error("from a body");
                                                   }),
                             "from a body", std::runtime_error);
      std::atomic<int> total{0};
      tessera::parallel_for(100, 1, [&](extent begin, extent end) { total += static_cast<int>(end - begin); });
      CHECK(total == 100);
    }
  }

  TEST_CASE("parallel_for: several threads may call it at the same time") {
    const with_threads three(3);
    std::atomic<int> wrong{0};
    std::vector<std::thread> users;
    for (int u = 0; u < 4; ++u)
      users.emplace_back([&] {
        for (int repeat = 0; repeat < 300; ++repeat) {
          std::atomic<extent> total{0};
          tessera::parallel_for(200, 7, [&](extent begin, extent end) { total += end - begin; });
          if (total != 200) ++wrong;
        }
      });
    for (std::thread& user : users) user.join();
    CHECK(wrong == 0);
  }
}
