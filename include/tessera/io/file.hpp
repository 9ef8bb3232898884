// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whole files: reading one into memory, and writing one so that whoever opens it finds the old bytes or the new, never a part.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace tessera::io {

namespace detail {

[[noreturn]] TESSERA_COLD_ONCE void fail(const char* operation, const std::filesystem::path& file, std::string_view reason) {
  raise<io_error>({"tessera::io::", operation, ": ", file.native(), ": ", reason});
}
[[noreturn]] TESSERA_COLD_ONCE void fail(const char* operation, const std::filesystem::path& file, std::error_code reason) {
  fail(operation, file, std::string_view(reason.message()));
}
[[nodiscard]] TESSERA_COLD_ONCE std::error_code last_error() { return {errno, std::generic_category()}; }

// A hidden name beside the target: only within one directory is renaming atomic.
inline std::atomic<std::uint64_t> partial_files{0};
[[nodiscard]] TESSERA_COLD_ONCE std::string partial_name(const std::filesystem::path& target, std::uint64_t process) {
  std::filesystem::path name = target;
  name.replace_filename(message({".tessera.", process, '.', partial_files++, ".partial"}));
  return name.string();
}

#if defined(__unix__) || defined(__APPLE__)

/// A file being written beside its target. It replaces the target in commit(), or vanishes.
class partial_file {
 public:
  TESSERA_COLD explicit partial_file(std::filesystem::path target) : target_(std::move(target)) {
    do {
      path_ = partial_name(target_, static_cast<std::uint64_t>(::getpid()));
      handle_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (handle_ < 0 && (errno == EEXIST || errno == EINTR));
    if (handle_ < 0) fail("write_file", target_, last_error());
    struct ::stat old = {};
    if (::stat(target_.c_str(), &old) == 0 && ::fchmod(handle_, old.st_mode & 0777) != 0) discard(last_error());
  }
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() { remove(); }

  TESSERA_COLD_ONCE void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ::ssize_t written = ::write(handle_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write_file", target_, last_error());
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  TESSERA_COLD_ONCE void commit() {
    if (::fsync(handle_) != 0) fail("write_file", target_, last_error());
    if (::close(std::exchange(handle_, -1)) != 0) fail("write_file", target_, last_error());
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("write_file", target_, last_error());
    path_.clear();
    // The new name must survive a power cut too. Some file systems cannot sync a directory: the file is whole either way.
    const std::string folder = target_.parent_path().string();
    if (const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC); directory >= 0) {
      static_cast<void>(::fsync(directory));
      ::close(directory);
    }
  }

 private:
  void remove() noexcept {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  [[noreturn]] void discard(std::error_code reason) {
    remove();
    fail("write_file", target_, reason);
  }

  std::filesystem::path target_;
  std::string path_;
  int handle_ = -1;
};

#else

/// The same with the standard library alone, which cannot flush a file to the disk.
class partial_file {
 public:
  TESSERA_COLD explicit partial_file(std::filesystem::path target) : target_(std::move(target)) {
    do path_ = partial_name(target_, 0);
    while (std::filesystem::exists(path_));
    stream_.open(path_, std::ios::binary | std::ios::trunc);
    if (!stream_) fail("write_file", target_, last_error());
  }
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() {
    stream_.close();
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }

  TESSERA_COLD_ONCE void write(std::span<const std::byte> bytes) {
    if (!stream_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
      fail("write_file", target_, last_error());
  }
  TESSERA_COLD_ONCE void commit() {
    stream_.close();
    if (!stream_) fail("write_file", target_, last_error());
    std::error_code problem;
    if (const auto old = std::filesystem::status(target_, problem); std::filesystem::exists(old)) std::filesystem::permissions(path_, old.permissions(), problem);
    std::filesystem::rename(path_, target_, problem);
    if (problem) fail("write_file", target_, problem);
    path_.clear();
  }

 private:
  std::filesystem::path target_;
  std::string path_;
  std::ofstream stream_;
};

#endif

}  // namespace detail

/// The bytes of a file.
///   error  io_error naming the file and the reason: it is missing, not a regular file, unreadable, too large for the memory
[[nodiscard]] TESSERA_COLD_ONCE std::vector<std::byte> read_file(const std::filesystem::path& file) {
  // Status first: opening a pipe would wait for ever, and a directory opens but cannot be read.
  std::error_code problem;
  const std::filesystem::file_status status = std::filesystem::status(file, problem);
  if (!std::filesystem::exists(status)) detail::fail("read_file", file, problem ? problem : std::make_error_code(std::errc::no_such_file_or_directory));
  if (!std::filesystem::is_regular_file(status)) detail::fail("read_file", file, "not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(file, problem);
  if (problem) detail::fail("read_file", file, problem);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) detail::fail("read_file", file, detail::last_error());
  try {
    std::vector<std::byte> bytes;
    if (size > bytes.max_size()) throw std::bad_alloc();
    bytes.resize(static_cast<std::size_t>(size));
    if (size > 0 && !stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
      detail::fail("read_file", file, stream.eof() ? std::string("shrank while it was read") : detail::last_error().message());
    return bytes;
  } catch (const std::bad_alloc&) {
    detail::fail("read_file", file, message({"its ", size, " bytes do not fit into memory"}));
  }
}

/// Writes a file from pieces, one after the other. It appears whole under its name, replacing what was there and keeping its
/// permissions; until then, and after any failure, the old file is as it was. A symbolic link is followed.
///   error  io_error naming the file and the reason
TESSERA_COLD_ONCE void write_file(const std::filesystem::path& file, std::span<const std::span<const std::byte>> pieces) {
  std::error_code problem;
  std::filesystem::path target = file;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, problem))) {
    target = std::filesystem::canonical(file, problem);
    if (problem) detail::fail("write_file", file, problem);
  }
  // Renaming over a device or a pipe would replace it.
  const std::filesystem::file_status status = std::filesystem::status(target, problem);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) detail::fail("write_file", file, "not a regular file");
  detail::partial_file partial(target);
  for (const std::span<const std::byte> piece : pieces) partial.write(piece);
  partial.commit();
}

/// The same from one piece.
TESSERA_COLD_ONCE void write_file(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  const std::array pieces{bytes};
  write_file(file, pieces);
}

}  // namespace tessera::io
