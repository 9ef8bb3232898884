// SPDX-License-Identifier: BSL-1.0
#include <tessera/tessera.hpp>

int main() {
  static_assert(tessera::has_zlib);
  try {
    static_cast<void>(tessera::io::read_idx<float, tessera::shape<2>>("no_such_file.gz"));
  } catch (const tessera::io_error&) {
    return 0;
  }
  return 1;
}
