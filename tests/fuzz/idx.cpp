// SPDX-License-Identifier: BSL-1.0
#include "replay.hpp"

#include <tessera/io/idx.hpp>

#include <cstdlib>
#include <span>

namespace {

using tessera::dyn;

// An io_error, or a tensor that takes up the whole file.
template <class T, class S>
void plain(std::span<const std::byte> bytes) {
  try {
    const auto t = tessera::io::parse_idx<T, S>(bytes, "input");
    if (4 + 4 * static_cast<std::size_t>(S::rank) + t.span().size_bytes() != bytes.size()) std::abort();
  } catch (const tessera::io_error&) {
  }
}

template <class T, class S>
void packed([[maybe_unused]] std::span<const std::byte> bytes) {
#if TESSERA_USE_ZLIB
  try {
    const auto t = tessera::io::detail::idx::decode<T, S>(tessera::io::gzip_cursor(bytes, "input: "), "input: ");
    if (t.span().size_bytes() > 1032 * bytes.size()) std::abort();
  } catch (const tessera::io_error&) {
  }
#endif
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  plain<std::uint8_t, tessera::shape<dyn, dyn, dyn>>(bytes);
  plain<std::uint8_t, tessera::shape<dyn, 2, tessera::dim<'N'>, tessera::dim<'N'>>>(bytes);
  plain<std::int32_t, tessera::shape<dyn>>(bytes);
  plain<float, tessera::shape<>>(bytes);
  plain<double, tessera::shape<dyn, dyn>>(bytes);
  packed<std::uint8_t, tessera::shape<dyn, dyn, dyn>>(bytes);
  packed<float, tessera::shape<dyn>>(bytes);
  return 0;
}
