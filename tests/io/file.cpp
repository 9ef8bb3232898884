// SPDX-License-Identifier: BSL-1.0
#include "scratch.hpp"

#include <tessera/io/file.hpp>

#include <doctest/doctest.h>

#include <array>
#include <fstream>

#if defined(__unix__) || defined(__APPLE__)
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using scratch::from_text;
using scratch::message_of;
using tessera::io::read_file;
using tessera::io::write_file;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_SUITE("io/file") {
  TEST_CASE("write_file: read_file gives the bytes back, and nothing else is left in the folder") {
    const scratch::folder folder;
    const auto file = folder / "a.bin";
    write_file(file, from_text("old"));
    CHECK(read_file(file) == from_text("old"));
    const scratch::bytes large(3'000'001, std::byte{7});
    write_file(file, large);
    CHECK(read_file(file) == large);
    write_file(file, std::span<const std::byte>{});
    CHECK(read_file(file).empty());
    CHECK(folder.files() == 1);
  }

  TEST_CASE("write_file: pieces follow one another") {
    const scratch::folder folder;
    const auto a = from_text("ab"), b = from_text(""), c = from_text("c");
    const std::array<std::span<const std::byte>, 3> pieces{a, b, c};
    write_file(folder / "a.bin", pieces);
    CHECK(read_file(folder / "a.bin") == from_text("abc"));
  }

  TEST_CASE("write_file: a bare name is written to the current folder") {
    const scratch::folder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder / "");
    write_file("bare.bin", from_text("x"));
    const auto got = read_file("bare.bin");
    std::filesystem::current_path(before);
    CHECK(got == from_text("x"));
  }

  TEST_CASE("read_file: errors name the file and the reason") {
    const scratch::folder folder;
    const std::string missing = message_of([&] { (void)read_file(folder / "missing.bin"); });
    CHECK(has(missing, "tessera::io::read_file: "));
    CHECK(has(missing, "missing.bin: "));
    CHECK(has(missing, std::make_error_code(std::errc::no_such_file_or_directory).message()));
    CHECK(has(message_of([&] { (void)read_file(folder / ""); }), "not a regular file"));
  }

  TEST_CASE("write_file: a target that cannot be written is an error and leaves nothing") {
    const scratch::folder folder;
    std::filesystem::create_directory(folder / "sub");
    const std::string message = message_of([&] { write_file(folder / "sub", from_text("x")); });
    CHECK(has(message, "write_file"));
    CHECK(has(message, "sub: not a regular file"));
    CHECK(has(message_of([&] { write_file(folder / "nowhere" / "a.bin", from_text("x")); }), "a.bin: "));
    CHECK(folder.files() == 1);
  }

#if defined(__unix__) || defined(__APPLE__)
  TEST_CASE("write_file: follows a symbolic link and keeps permissions") {
    const scratch::folder folder;
    const auto file = folder / "a.bin", link = folder / "link";
    write_file(file, from_text("old"));
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::create_symlink("a.bin", link);
    write_file(link, from_text("new"));
    CHECK(std::filesystem::is_symlink(link));
    CHECK(read_file(file) == from_text("new"));
    CHECK(std::filesystem::status(file).permissions() == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    std::filesystem::create_symlink("missing", folder / "dangling");
    CHECK(has(message_of([&] { write_file(folder / "dangling", from_text("x")); }), "dangling: "));
  }

  TEST_CASE("write_file, read_file: a pipe is refused at once") {
    const scratch::folder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(has(message_of([&] { (void)read_file(folder / "pipe"); }), "not a regular file"));
    CHECK(has(message_of([&] { write_file(folder / "pipe", from_text("x")); }), "not a regular file"));
    CHECK(std::filesystem::is_fifo(folder / "pipe"));
  }

  TEST_CASE("write_file: where the disk is full the old file stays and the part vanishes") {
    const scratch::folder folder;
    const auto file = folder / "a.bin";
    write_file(file, from_text("old"));
    const ::pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // A limit on the size of files stands for a full disk: write() fails in the middle.
      std::signal(SIGXFSZ, SIG_IGN);
      const ::rlimit limit{100'000, 100'000};
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
      try {
        write_file(file, scratch::bytes(1'000'000));
      } catch (const tessera::io_error& e) {
        ::_exit(has(e.what(), "a.bin: ") ? 0 : 3);
      }
      ::_exit(4);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(read_file(file) == from_text("old"));
    CHECK(folder.files() == 1);
  }

  TEST_CASE("write_file: a process that is killed while it writes leaves a whole file") {
    const scratch::folder folder;
    const auto file = folder / "a.bin";
    constexpr std::size_t size = 1 << 20;
    const auto is_whole = [&] {
      const auto got = read_file(file);
      return got.size() == size && std::ranges::count(got, got[0]) == static_cast<std::ptrdiff_t>(size);
    };
    write_file(file, scratch::bytes(size, std::byte{0}));
    int replaced = 0;
    for (unsigned round = 1; round <= 12; ++round) {
      const ::pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        for (;; ++round) write_file(file, scratch::bytes(size, static_cast<std::byte>(round)));
      }
      ::usleep(2000 * round);
      REQUIRE(::kill(child, SIGKILL) == 0);
      int status = 0;
      REQUIRE(::waitpid(child, &status, 0) == child);
      REQUIRE(WIFSIGNALED(status));
      REQUIRE(is_whole());
      replaced += read_file(file)[0] != std::byte{0};
    }
    CHECK(replaced > 0);
  }
#endif
}
