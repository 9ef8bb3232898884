// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the tutorial's programs check themselves: every check prints a line, and one that fails makes the program fail.

#include <cmath>
#include <cstdio>
#include <string>

namespace checks {

inline int failed = 0;

/// Prints what was checked and whether it holds.
inline void check(bool holds, const char* what) {
  std::printf("  %s %s\n", holds ? "ok    " : "FAILED", what);
  if (!holds) ++failed;
}

/// The exit code of main: 0 if every check held.
[[nodiscard]] inline int result() { return failed == 0 ? 0 : 1; }

/// The message of the Error that f throws; empty if it throws none.
template <class Error, class F>
[[nodiscard]] std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

/// Are two numbers equal but for rounding?
[[nodiscard]] inline bool close(double a, double b, double tolerance = 1e-6) { return std::abs(a - b) <= tolerance * (1 + std::abs(b)); }

}  // namespace checks

using checks::check, checks::close, checks::error_of;
