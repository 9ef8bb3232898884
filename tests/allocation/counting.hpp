// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the program has asked the system for since it started, and a way to let requests fail. counting.cpp replaces every
// form of operator new.

#include <atomic>
#include <cstddef>

namespace tessera::tests {

/// The calls of any operator new, on any thread.
inline std::atomic<long> allocations = 0;

/// The number of calls after which the next one throws std::bad_alloc, once; negative: none does.
inline std::atomic<long> calls_before_failure = -1;

}  // namespace tessera::tests
