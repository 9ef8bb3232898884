// SPDX-License-Identifier: BSL-1.0
#pragma once
// progress: a range that shows how far its loop has come, as tqdm does. On a terminal a bar is drawn over itself, anywhere
// else a few plain lines are written.

#include <tessera/core/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <unistd.h>  // isatty

namespace tessera {

struct progress_options {
  /// False shows nothing.
  bool enabled = true;
  /// Where it is shown; null is the standard error stream.
  std::ostream* out = nullptr;
  /// Is that a terminal? Where unset, the standard error stream is asked, and any other is none.
  std::optional<bool> terminal{};
  /// The width of the terminal.
  int columns = 80;
  /// The clock.
  std::chrono::steady_clock::time_point (*now)() = [] { return std::chrono::steady_clock::now(); };
};

namespace detail {

/// "02:05", with hours where there are any.
[[nodiscard]] TESSERA_COLD_ONCE std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::clamp(seconds, 0.0, 3.6e9));
  char text[48];
  if (whole >= 3600) std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else std::snprintf(text, sizeof text, "%02lld:%02lld", whole / 60, whole % 60);
  return text;
}

[[nodiscard]] TESSERA_COLD_ONCE std::string rate_text(double count, double seconds) {
  if (!(count > 0 && seconds > 0)) return "?it/s";
  char text[48];
  if (count >= seconds) std::snprintf(text, sizeof text, "%.2fit/s", count / seconds);
  else std::snprintf(text, sizeof text, "%.2fs/it", seconds / count);
  return text;
}

/// What progress shows, whatever the range.
class progress_display {
 public:
  TESSERA_COLD progress_display(std::string_view text, const progress_options& options) : options_(options), text_(text) {
    if (!text_.empty()) text_ += ": ";
    const char* kind = std::getenv("TERM");
    terminal_ = options.terminal.value_or(options.out == nullptr && ::isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb");
  }

  TESSERA_ONCE void start(std::optional<std::int64_t> total) {
    if (!options_.enabled) return;
    total_ = total;
    done_ = 0;
    tenths_ = 0;
    drawn_ = 0;
    started_ = shown_ = options_.now();
    if (terminal_) draw(started_);
  }
  void step() {
    if (!options_.enabled) return;
    ++done_;
    if (terminal_ || !total_) {
      const time now = options_.now();
      if (now - shown_ >= (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000))) show(now);
    } else if (done_ < *total_ && share(10) > tenths_) {
      tenths_ = share(10);
      show(options_.now());
    }
  }
  TESSERA_ONCE void finish() noexcept {
    if (!options_.enabled) return;
    try {
      show(options_.now());
      if (terminal_) write("\n");
    } catch (...) {  // a display that fails must not end the loop it shows
    }
  }

  /// Sets one "name=value" behind the bar, or with an empty name a text alone.
  TESSERA_COLD_ONCE void set(std::string_view name, std::string value) {
    const auto same = std::find_if(postfix_.begin(), postfix_.end(), [&](const auto& entry) { return entry.first == name; });
    if (same != postfix_.end()) same->second = std::move(value);
    else postfix_.emplace_back(name, std::move(value));
  }
  [[nodiscard]] bool enabled() const { return options_.enabled; }

 private:
  using time = std::chrono::steady_clock::time_point;

  /// How many of `parts` equal parts of the range are done.
  [[nodiscard]] std::int64_t share(std::int64_t parts) const { return done_ >= *total_ ? parts : parts * done_ / *total_; }

  TESSERA_ONCE void show(time now) {
    shown_ = now;
    if (terminal_) draw(now);
    else write(message({line(now, 0), '\n'}));
  }
  TESSERA_COLD_ONCE void draw(time now) {
    const std::size_t room = static_cast<std::size_t>(std::max(options_.columns, 2)) - 1;
    const std::size_t bare = line(now, 0).size();
    std::string text = line(now, bare < room ? static_cast<int>(std::min<std::size_t>(room - bare, 42)) : 0);
    if (text.size() > room) {
      std::size_t end = room;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;  // not inside a UTF-8 character
      text.resize(end);
    }
    const std::size_t length = text.size();
    if (length < drawn_) text.append(drawn_ - length, ' ');
    drawn_ = length;
    write(message({'\r', text}));
  }

  /// The line, with a bar that takes `width` characters, its two ends among them.
  [[nodiscard]] TESSERA_COLD_ONCE std::string line(time now, int width) const {
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double done = static_cast<double>(done_);
    std::string text = text_;
    if (total_) {
      const std::int64_t percent = share(100);
      text += message({percent < 10 ? "  " : percent < 100 ? " " : "", percent, '%'});
      if (width > 2) {
        const auto room = static_cast<std::size_t>(width) - 2, filled = static_cast<std::size_t>(share(width - 2));
        text.append(1, '|').append(filled, '#').append(room - filled, ' ') += '|';
      }
      text += message({' ', done_, '/', *total_, " [", clock_text(seconds)});
      if (done_ > 0 && done_ < *total_ && seconds > 0) text += message({'<', clock_text(seconds / done * (static_cast<double>(*total_) - done))});
    } else {
      text += message({done_, "it [", clock_text(seconds)});
    }
    text += message({", ", rate_text(done, seconds)});
    for (const auto& [name, value] : postfix_) text += message({", ", name, name.empty() ? "" : "=", value});
    return text += ']';
  }

  TESSERA_COLD_ONCE void write(const std::string& text) const {
    if (options_.out != nullptr) *options_.out << text << std::flush;
    else std::fwrite(text.data(), 1, text.size(), stderr);
  }

  progress_options options_;
  std::string text_;
  bool terminal_ = false;
  std::optional<std::int64_t> total_;
  std::int64_t done_ = 0;
  std::int64_t tenths_ = 0;
  std::size_t drawn_ = 0;
  time started_{}, shown_{};
  std::vector<std::pair<std::string, std::string>> postfix_;
};

// In place of <ranges>, which takes as long to read as all of this library's data folder.
template <class R>
concept Range = requires(R& range) {
  std::ranges::begin(range);
  std::ranges::end(range);
};
template <Range R>
using iterator_of = decltype(std::ranges::begin(std::declval<R&>()));
template <Range R>
using sentinel_of = decltype(std::ranges::end(std::declval<R&>()));

}  // namespace detail

/// The elements of a range, while the share done, the time and the rate are shown on the standard error stream:
/// for (auto&& batch : progress(train, "epoch 1")). It is drawn ten times a second at most; where the stream is no
/// terminal, it writes a line for every tenth, or every ten seconds where the range has no size(), and one at the end.
/// An lvalue is referred to, an rvalue kept.
///   like  tqdm
template <class R>
class progress {
 public:
  explicit progress(R&& range, const progress_options& options = {}) : progress(std::forward<R>(range), std::string_view(), options) {}
  progress(R&& range, std::string_view text, const progress_options& options = {}) : range_(std::forward<R>(range)), display_(text, options) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = std::iter_value_t<detail::iterator_of<R>>;
    using difference_type = std::ptrdiff_t;

    [[nodiscard]] decltype(auto) operator*() const { return *at_; }
    iterator& operator++() {
      ++at_;
      running_->step();
      if (at_ == end_) running_.reset();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.at_ == it.end_; }

   private:
    friend progress;
    struct finisher {
      void operator()(detail::progress_display* display) const noexcept { display->finish(); }
    };
    iterator(detail::progress_display& display, R& range) : running_(&display), at_(std::ranges::begin(range)), end_(std::ranges::end(range)) {
      if (at_ == end_) running_.reset();
    }
    std::unique_ptr<detail::progress_display, finisher> running_;  // a loop that is left early is finished too
    detail::iterator_of<R> at_;
    detail::sentinel_of<R> end_;
  };

  [[nodiscard]] iterator begin() {
    std::optional<std::int64_t> total;
    if constexpr (requires { std::ranges::size(range_); }) total = static_cast<std::int64_t>(std::ranges::size(range_));
    else if constexpr (requires { range_.size(); }) total = static_cast<std::int64_t>(range_.size());
    display_.start(total);
    return iterator(display_, range_);
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  /// Shows "name=value" behind the bar; a second call with the name replaces it. The value is a number, a text, or anything
  /// with item().
  template <class V>
  void set(std::string_view name, const V& value) {
    if (!display_.enabled()) return;
    if constexpr (std::is_floating_point_v<V>) {
      char text[32];
      std::snprintf(text, sizeof text, "%.4g", static_cast<double>(value));
      display_.set(name, text);
    } else if constexpr (std::is_arithmetic_v<V>) {
      display_.set(name, std::to_string(value));
    } else if constexpr (requires { value.item(); }) {
      set(name, value.item());
    } else {
      display_.set(name, std::string(std::string_view(value)));
    }
  }
  /// Shows a text behind the bar.
  void set(std::string_view text) {
    if (display_.enabled()) display_.set("", std::string(text));
  }

 private:
  R range_;
  detail::progress_display display_;
};

template <detail::Range R>
progress(R&&, const progress_options& = {}) -> progress<R>;
template <detail::Range R>
progress(R&&, std::string_view, const progress_options& = {}) -> progress<R>;

}  // namespace tessera
