// SPDX-License-Identifier: BSL-1.0
#pragma once
// A fuzz target as a plain program: it runs over the files and folders that it is given, and fails where there are none.
// Building the target with -fsanitize=fuzzer -DTESSERA_FUZZ brings libFuzzer's own main instead.

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

#if !defined(TESSERA_FUZZ)

#include <tessera/io/file.hpp>

#include <cstdio>

int main(int count, char** arguments) {
  int replayed = 0;
  const auto replay = [&](const std::filesystem::path& file) {
    const auto bytes = tessera::io::read_file(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++replayed;
  };
  for (int i = 1; i < count; ++i) {
    const std::filesystem::path given = arguments[i];
    if (!std::filesystem::is_directory(given)) replay(given);
    else
      for (const auto& file : std::filesystem::recursive_directory_iterator(given))
        if (file.is_regular_file()) replay(file);
  }
  std::printf("%d files replayed\n", replayed);
  return replayed > 0 ? 0 : 1;
}

#endif
