// SPDX-License-Identifier: BSL-1.0
#include "replay.hpp"

#include <tessera/io/safetensors.hpp>

#include <algorithm>
#include <cstdlib>
#include <span>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Whatever the bytes are: an io_error, or a record whose encoding reads as the same record and is encoded as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace io = tessera::io;
  io::record first;
  try {
    first = io::parse_safetensors(std::as_bytes(std::span(data, size)), "input");
  } catch (const tessera::io_error&) {
    return 0;
  }
  const auto bytes = io::encode_safetensors(first.entries(), first.metadata());
  const io::record second = io::parse_safetensors(bytes, "encoded");
  require(second.size() == first.size() && second.metadata() == first.metadata());
  for (const io::entry& e : first) {
    const io::entry* twin = second.find(e.name);
    require(twin != nullptr && twin->type == e.type && twin->shape == e.shape && std::ranges::equal(twin->bytes, e.bytes));
  }
  require(io::encode_safetensors(second.entries(), second.metadata()) == bytes);
  return 0;
}
