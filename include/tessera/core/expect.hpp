// SPDX-License-Identifier: BSL-1.0
#pragma once
// How a broken law becomes one short compile error: expect<holds, diagnosis<A, B>>() asks the diagnosis, an empty class, for
// a type it has not, so that the error line names it; what the operation then returns is a poison that every other accepts.

namespace tessera {

/// The result of an operation whose law was broken. It fits everywhere, so that one mistake gives one error.
struct poison {};

/// Is T the result of an operation that has already been reported?
template <class T>
inline constexpr bool is_poison = false;
template <>
inline constexpr bool is_poison<poison> = true;

/// Reports Diagnosis at compile time unless Holds.
template <bool Holds, class Diagnosis>
constexpr void expect() {
  if constexpr (!Holds) static_cast<typename Diagnosis::error*>(nullptr);
}

}  // namespace tessera
