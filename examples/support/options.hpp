// SPDX-License-Identifier: BSL-1.0
#pragma once
// Command lines of the examples: --name value, each checked.

#include <charconv>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace options {

struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws that the text is not what an option takes.
[[noreturn]] inline void refuse(std::string_view name, std::string_view text, const std::string& wanted) {
  throw error(std::string(name) + ": \"" + std::string(text) + "\" is " + wanted);
}

[[noreturn]] inline void refuse_number(std::string_view name, std::string_view text, const std::string& least, const std::string& most) {
  refuse(name, text, "no number from " + least + " to " + most);
}

/// Reads a number in [least, most].
template <class T>
T number(std::string_view name, std::string_view text, T least, T most) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    refuse_number(name, text, std::to_string(least), std::to_string(most));
  return value;
}

/// The place of the text among the words.
inline int choice_of(std::string_view name, std::string_view text, std::initializer_list<std::string_view> words) {
  std::string all;
  int at = 0;
  for (const std::string_view word : words) {
    if (text == word) return at;
    all.append(" ").append(word);
    ++at;
  }
  refuse(name, text, "none of" + all);
}
template <class... Word>
int choice(std::string_view name, std::string_view text, const Word&... words) {
  return choice_of(name, text, {std::string_view(words)...});
}

/// Calls set(name, value) for every pair of arguments; set returns false for a name it does not know.
template <class Set>
void parse(int argc, char** argv, Set set) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) throw error(std::string(name) + ": a value is missing, or the option is unknown");
    if (!set(name, std::string_view(argv[i + 1]))) throw error("unknown option " + std::string(name));
  }
}

}  // namespace options
