// SPDX-License-Identifier: BSL-1.0
#pragma once
// What an error says.

#include <string>

namespace tessera::tests {

/// The message of the Error that f throws, or "nothing was thrown". Anything else escapes.
template <class Error, class F>
[[nodiscard]] std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

}  // namespace tessera::tests
