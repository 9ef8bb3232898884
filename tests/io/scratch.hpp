// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the tests of io share: a folder of their own that vanishes, bytes from text, and the message of an error.

#include <support/message.hpp>
#include <tessera/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scratch {

class folder {
 public:
  folder() {
    std::random_device random;
    do path_ = std::filesystem::temp_directory_path() / ("tessera-io-" + std::to_string(random()) + std::to_string(random()));
    while (!std::filesystem::create_directory(path_));
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  [[nodiscard]] int files() const {
    int n = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(path_)) ++n;
    return n;
  }

 private:
  std::filesystem::path path_;
};

using bytes = std::vector<std::byte>;

[[nodiscard]] inline bytes from_text(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

[[nodiscard]] inline bytes from_hex(std::string_view hex) {
  bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

/// The message of the Error that f throws: of most tests here an io_error.
template <class Error = tessera::io_error, class F>
[[nodiscard]] std::string message_of(F&& f) {
  return tessera::tests::message_of<Error>(f);
}

}  // namespace scratch
