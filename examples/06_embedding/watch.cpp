// SPDX-License-Identifier: BSL-1.0
#include "watch.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <stdexcept>

namespace {

thread_local long taken = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++taken;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void flush() {
  std::cout.flush();
  std::fflush(nullptr);
}

}  // namespace

// These replace the ones of the standard library in the whole program; weak, because a sanitizer's are there already.
[[gnu::weak]] void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
[[gnu::weak]] void* operator new(std::size_t bytes, std::align_val_t alignment) { return counted(bytes, static_cast<std::size_t>(alignment)); }
[[gnu::weak]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::weak]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::weak]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::weak]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

long allocations() { return taken; }

bool counts_allocations() {
  const long before = taken;
  ::operator delete(::operator new(1));
  return taken > before;
}

long bytes_printed(const std::function<void()>& f) {
  std::FILE* paper = std::tmpfile();
  if (paper == nullptr) throw std::runtime_error("no temporary file");
  flush();
  const int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
  dup2(fileno(paper), STDOUT_FILENO);
  dup2(fileno(paper), STDERR_FILENO);
  f();
  flush();
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  close(out);
  close(err);
  std::fseek(paper, 0, SEEK_END);
  const long bytes = std::ftell(paper);
  std::fclose(paper);
  return bytes;
}
