// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limit of what memory allows: a copy that reads and writes as many bytes as a case does.

#include <support/measure.hpp>

#include <cstring>

namespace measure {

/// Registers case/copy: half of the bytes are read, half are written.
inline void add_copy(const std::string& name, work w) {
  add(name, "copy", w, [=] {
    const auto count = static_cast<std::int64_t>(w.bytes / 2 / sizeof(float));
    return [from = numbers(count), to = numbers(count)]() mutable {
      std::memcpy(to.data(), from.data(), from.size() * sizeof(float));
      benchmark::DoNotOptimize(to.data());
    };
  });
}

}  // namespace measure
