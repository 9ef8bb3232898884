// SPDX-License-Identifier: BSL-1.0
#include <tessera/data/progress.hpp>

#include <doctest/doctest.h>

#include <forward_list>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace ts = tessera;

// A clock that the test moves.
std::chrono::steady_clock::time_point present;
struct world {
  world() { present = {}; }
  static void sleep(int milliseconds) { present += std::chrono::milliseconds(milliseconds); }
  [[nodiscard]] ts::progress_options options(bool terminal) {
    return {.out = &out, .terminal = terminal, .columns = 60, .now = [] { return present; }};
  }
  std::ostringstream out;
};

std::vector<std::string> parts(const std::string& text, char by) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) all.push_back(part);
  return all;
}

// Can be moved only, knows its size, and its end is of another type: as a loader.
struct countdown {
  struct iterator {
    using iterator_concept = std::input_iterator_tag;
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    std::unique_ptr<int> left;
    int bad;
    int operator*() const { return *left; }
    iterator& operator++() {
      if (--*left == bad) throw std::runtime_error("broken");
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return *it.left == 0; }
  };
  int from;
  int bad = -1;
  [[nodiscard]] iterator begin() const { return {std::make_unique<int>(from), bad}; }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }
  [[nodiscard]] int size() const { return from; }
};

}  // namespace

TEST_SUITE("data/progress") {
  TEST_CASE("progress: gives the elements themselves") {
    world w;
    std::vector<int> values{1, 2, 3};
    for (int& value : ts::progress(values, w.options(false))) value *= 2;
    CHECK(values == std::vector<int>{2, 4, 6});
    int sum = 0;
    for (const int value : ts::progress(std::vector<int>{1, 2, 3}, "kept", w.options(true))) sum += value;
    for (const int value : ts::progress(countdown{3}, w.options(true))) sum += value;
    CHECK(sum == 12);
  }

  TEST_CASE("progress: away from a terminal, a line for each tenth and one at the end") {
    world w;
    std::vector<int> values(200);
    ts::progress bar(values, "epoch 1", w.options(false));
    for ([[maybe_unused]] int value : bar) w.sleep(500);
    const auto lines = parts(w.out.str(), '\n');
    REQUIRE(lines.size() == 10);
    CHECK(lines.front() == "epoch 1:  10% 20/200 [00:10<01:30, 2.00it/s]");
    CHECK(lines[8] == "epoch 1:  90% 180/200 [01:30<00:10, 2.00it/s]");
    CHECK(lines.back() == "epoch 1: 100% 200/200 [01:40, 2.00it/s]");
    CHECK(w.out.str().back() == '\n');
    w.out.str("");
    for ([[maybe_unused]] int value : bar) w.sleep(500);  // a second loop starts at 0
    CHECK(parts(w.out.str(), '\n') == lines);
  }

  TEST_CASE("progress: away from a terminal, a line every ten seconds where the size is unknown") {
    world w;
    std::forward_list<int> values(30);
    for ([[maybe_unused]] int value : ts::progress(values, w.options(false))) w.sleep(1000);
    CHECK(parts(w.out.str(), '\n') ==
          std::vector<std::string>{"10it [00:10, 1.00it/s]", "20it [00:20, 1.00it/s]", "30it [00:30, 1.00it/s]", "30it [00:30, 1.00it/s]"});
  }

  TEST_CASE("progress: on a terminal, a bar that is drawn over itself ten times a second at most") {
    world w;
    for ([[maybe_unused]] int value : ts::progress(countdown{1000}, "epoch", w.options(true))) w.sleep(1);
    const std::string text = w.out.str();
    CHECK(text.back() == '\n');
    auto drawn = parts(text.substr(0, text.size() - 1), '\r');
    REQUIRE(drawn.size() == 13);  // what stands before the first, the start, ten in one second, the end
    CHECK(drawn[0].empty());
    CHECK(drawn[1] == "epoch:   0%|                        | 0/1000 [00:00, ?it/s]");
    CHECK(drawn[6] == "epoch:  50%|#####     | 500/1000 [00:00<00:00, 1000.00it/s]");
    CHECK(drawn.back() == "epoch: 100%|###############| 1000/1000 [00:01, 1000.00it/s]");
    for (const std::string& line : drawn) CHECK(line.size() <= 59);
  }

  TEST_CASE("progress: a shorter line wipes the longer one before it, a long one is cut") {
    world w;
    std::vector<int> values(2);
    ts::progress_options wide = w.options(true);
    wide.columns = 100;
    ts::progress bar(values, wide);
    bool first = true;
    for ([[maybe_unused]] int value : bar) {
      bar.set("state", first ? "long" : "");
      first = false;
      w.sleep(200);
    }
    const std::string text = w.out.str();
    const auto drawn = parts(text.substr(0, text.size() - 1), '\r');
    REQUIRE(drawn.size() == 5);
    CHECK(drawn[2] == " 50%|####################                    | 1/2 [00:00<00:00, 5.00it/s, state=long]");
    CHECK(drawn[3] == "100%|########################################| 2/2 [00:00, 5.00it/s, state=]          ");
    CHECK(drawn[4] == "100%|########################################| 2/2 [00:00, 5.00it/s, state=]");

    world narrow;
    ts::progress_options options = narrow.options(true);
    options.columns = 12;
    for ([[maybe_unused]] int value : ts::progress(values, "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", options)) {}
    CHECK(parts(narrow.out.str(), '\r')[1] == "\u00e9\u00e9\u00e9\u00e9\u00e9");  // eleven bytes end inside a character
  }

  TEST_CASE("progress: set shows values behind the bar") {
    world w;
    std::vector<int> values(3);
    struct scalar {
      [[nodiscard]] float item() const { return 0.125f; }
    };
    ts::progress bar(values, w.options(false));
    for ([[maybe_unused]] int value : bar) {
      w.sleep(3661000 / 3);
      bar.set("loss", 2.0 / 3);
      bar.set("loss", 1.0 / 3);
      bar.set("step", 7);
      bar.set("mean", scalar{});
      bar.set("best");
    }
    CHECK(parts(w.out.str(), '\n').back() == "100% 3/3 [1:01:00, 1220.33s/it, loss=0.3333, step=7, mean=0.125, best]");
  }

  TEST_CASE("progress: nothing is shown where it is switched off") {
    world w;
    ts::progress_options options = w.options(true);
    options.enabled = false;
    int sum = 0;
    ts::progress bar(countdown{4}, "text", options);
    for (const int value : bar) {
      sum += value;
      bar.set("sum", sum);
      w.sleep(1000);
    }
    CHECK(sum == 10);
    CHECK(w.out.str().empty());
  }

  TEST_CASE("progress: an empty range, a loop left early and a broken one are finished once") {
    world w;
    for ([[maybe_unused]] int value : ts::progress(std::vector<int>{}, w.options(false))) FAIL("there is nothing");
    CHECK(w.out.str() == "100% 0/0 [00:00, ?it/s]\n");

    world early;
    for (const int value : ts::progress(countdown{4}, early.options(true)))
      if (value == 2) break;
    CHECK(parts(early.out.str(), '\n').size() == 1);
    CHECK(early.out.str().find(" 50%|") != std::string::npos);

    world broken;
    CHECK_THROWS_WITH_AS(
        [&] {
          for ([[maybe_unused]] int value : ts::progress(countdown{4, 2}, broken.options(false))) {}
        }(),
        "broken", std::runtime_error);
    CHECK(parts(broken.out.str(), '\n').back() == " 25% 1/4 [00:00, ?it/s]");
  }
}
