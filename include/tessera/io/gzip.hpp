// SPDX-License-Identifier: BSL-1.0
#pragma once
// A cursor in a gzip file that is in memory. It exists only where TESSERA_USE_ZLIB is 1, and needs zlib to link.

#include <tessera/core/config.hpp>

#if TESSERA_USE_ZLIB

#include <tessera/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <zlib.h>

namespace tessera::io {

/// Unpacks a gzip file piece by piece, so that what it says about itself can be checked before memory is taken for the rest.
///   error  io_error that starts with `where`: the file is no gzip file, is damaged or ends early
class gzip_cursor {
 public:
  gzip_cursor(std::span<const std::byte> file, std::string where) : rest_(file), size_(file.size()), where_(std::move(where)) {
    constexpr int largest_window = 15, gzip_only = 16;
    if (inflateInit2(&stream_, largest_window + gzip_only) != Z_OK) raise<io_error>({where_, "zlib does not start"});
  }
  gzip_cursor(const gzip_cursor&) = delete;
  gzip_cursor& operator=(const gzip_cursor&) = delete;
  ~gzip_cursor() { inflateEnd(&stream_); }

  /// Unpacks up to `to.size()` bytes: fewer only where the file ends. Returns how many.
  [[nodiscard]] std::size_t read(std::span<std::byte> to) {
    constexpr std::size_t step = std::size_t{1} << 30;
    std::size_t done = 0;
    while (done < to.size()) {
      if (member_ended_) {
        if (rest_.empty()) break;
        if (inflateReset(&stream_) != Z_OK) raise<io_error>({where_, "zlib does not start again"});
        member_ended_ = false;
      }
      const std::size_t in = std::min(rest_.size(), step), out = std::min(to.size() - done, step);
      stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));
      stream_.avail_in = static_cast<uInt>(in);
      stream_.next_out = reinterpret_cast<Bytef*>(to.data() + done);
      stream_.avail_out = static_cast<uInt>(out);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      rest_ = rest_.subspan(in - stream_.avail_in);
      done += out - stream_.avail_out;
      if (result == Z_BUF_ERROR) raise<io_error>({where_, "truncated: the gzip data ends early"});
      if (result != Z_OK && result != Z_STREAM_END)
        raise<io_error>({where_, "damaged gzip data", stream_.msg != nullptr ? ": " : "", stream_.msg != nullptr ? stream_.msg : ""});
      member_ended_ = result == Z_STREAM_END;
    }
    return done;
  }
  /// No file of this size unpacks to more: one packed byte stands for at most 1032.
  [[nodiscard]] std::uint64_t at_most() const noexcept { return std::uint64_t{size_} * 1032; }

 private:
  std::span<const std::byte> rest_;
  std::size_t size_;
  std::string where_;
  ::z_stream stream_ = {};
  bool member_ended_ = false;
};

}  // namespace tessera::io

#endif
