// SPDX-License-Identifier: BSL-1.0
#pragma once
// Until the end of a scope, so many threads.

#include <tessera/backend/parallel.hpp>

namespace tessera::tests {

struct with_threads {
  explicit with_threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~with_threads() { set_num_threads(before); }
  with_threads(const with_threads&) = delete;
  with_threads& operator=(const with_threads&) = delete;
  int before;
};

}  // namespace tessera::tests
