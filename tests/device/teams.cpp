// SPDX-License-Identifier: BSL-1.0
// Work on rows by teams of several lanes, as a GPU has them: here each lane is a thread, and what they combine meets at a barrier.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

/// One lane of a team of threads.
class lane_of_threads {
 public:
  struct meeting {
    explicit meeting(int lanes) : room(static_cast<std::size_t>(lanes)), all(lanes) {}
    struct alignas(16) place {
      unsigned char bytes[16];
    };
    std::vector<place> room;
    std::barrier<> all;
  };
  lane_of_threads(int lane, meeting& at) : lane_(lane), at_(&at) {}
  [[nodiscard]] int lane() const { return lane_; }
  [[nodiscard]] int lanes() const { return static_cast<int>(at_->room.size()); }
  template <class Combine, class X>
  [[nodiscard]] X combine(X x) const {
    std::memcpy(at_->room[static_cast<std::size_t>(lane_)].bytes, &x, sizeof(X));
    at_->all.arrive_and_wait();
    X total{};
    for (int i = 0; i < lanes(); ++i) {
      X other;
      std::memcpy(&other, at_->room[static_cast<std::size_t>(i)].bytes, sizeof(X));
      total = i == 0 ? other : Combine::combine(total, other);
    }
    at_->all.arrive_and_wait();
    return total;
  }

 private:
  int lane_;
  meeting* at_;
};

template <class F>
void run_by_teams(extent n, int lanes, const F& f) {
  lane_of_threads::meeting at(lanes);
  std::vector<std::jthread> all;
  for (int lane = 0; lane < lanes; ++lane)
    all.emplace_back([&, lane] {
      for (extent row = 0; row < n; ++row) f(row, lane_of_threads(lane, at));
    });
}

/// What lone lanes write, teams write too.
template <class T, class Make>
void check_teams(const char* what, extent n, std::size_t results, const Make& make) {
  std::vector<T> alone(results, T(1));
  for (extent row = 0; row < n; ++row) make(alone.data())(row, backend::items::alone{});
  for (const int lanes : {2, 8, 32}) {
    std::vector<T> together(results, T(1));
    run_by_teams(n, lanes, make(together.data()));
    for (std::size_t i = 0; i < results; ++i) {
      INFO(std::string(what), ", ", lanes, " lanes, number ", i);
      CHECK(static_cast<double>(together[i]) == doctest::Approx(static_cast<double>(alone[i])).epsilon(1e-6));
    }
  }
}

using namespace backend::items;

TEST_CASE("teams give what lone lanes give") {
  constexpr extent rows = 3;
  for (const extent n : {extent{1}, extent{5}, extent{8}, extent{33}, extent{100}}) {
    std::vector<double> x(static_cast<std::size_t>(rows * n)), weight(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(3 * i + 1));
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = 1 + std::cos(static_cast<double>(i));
    const std::size_t all = x.size();
    check_teams<double>("softmax", rows, all, [&](double* to) { return softmax_of_row<double, false>{x.data(), to, n}; });
    check_teams<double>("log_softmax", rows, all, [&](double* to) { return softmax_of_row<double, true>{x.data(), to, n}; });
    check_teams<std::int64_t>("largest", rows, rows, [&](std::int64_t* to) { return index_in_row<true, double>{{n, 1}, x.data(), to}; });
    check_teams<double>("smallest", 1, 1, [&](double* to) { return extremum_of_part<false, double>{x.data(), rows * n, 1, to}; });
    check_teams<double>("product", rows * 2, rows * 2, [&](double* to) {
      return element_of_product<double>{{rows, 2, n, {x.data(), n, 1}, {x.data(), 1, n}, to, 2, true, nullptr, {}}};
    });
    check_teams<double>("sum", rows, rows, [&](double* to) {
      return reduce_part<backend::plain_sum, number_at<double>, double>{numbers_at(x.data(), rows * n), {rows, n, 1, true}, numbers_at(to, rows).at, nullptr};
    });
    std::vector<double> partial(static_cast<std::size_t>(rows * 4));
    run_by_teams(rows * 4, 8, reduce_part<backend::plain_sum, number_at<double>, double>{numbers_at(x.data(), rows * n), {rows, n, 4, true}, numbers_at(x.data(), rows).at, partial.data()});
    for (std::size_t row = 0; row < rows; ++row)
      CHECK(std::accumulate(partial.data() + row * 4, partial.data() + row * 4 + 4, 0.0) == doctest::Approx(std::accumulate(x.data() + row * weight.size(), x.data() + (row + 1) * weight.size(), 0.0)));
  }
}

TEST_CASE("the number of lanes follows from the extents") {
  CHECK(lanes_of_team(100, 1) == 1);
  CHECK(lanes_of_team(100, 10) == 8);
  CHECK(lanes_of_team(100, 100) == 32);
  CHECK(lanes_of_team(100, 768) == 256);
  CHECK(lanes_of_team(100000, 768) == 32);
  CHECK(lanes_of_team(100000, 4096) == 256);
  CHECK(lanes_of_team(1, 50257) == 512);
  CHECK(parts_along(1, 1000000) == 244);
  CHECK(parts_along(4096, 1000000) == 1);
  CHECK(parts_across(512, 128) == 16);
  CHECK(parts_across(1 << 16, 128) == 1);
}

}  // namespace
}  // namespace tessera
