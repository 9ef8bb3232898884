// SPDX-License-Identifier: BSL-1.0
#pragma once
// Watches what a library does behind an application's back.

#include <functional>

/// How often the calling thread has taken memory from the system.
[[nodiscard]] long allocations();

/// Does allocations() count? A sanitizer may insist on its own operator new.
[[nodiscard]] bool counts_allocations();

/// How many bytes f writes to the standard streams for output and errors.
[[nodiscard]] long bytes_printed(const std::function<void()>& f);
