// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the benchmarks of operations are registered, and the numbers they work on. A benchmark is named case/program; table.py
// makes a row of every case and a column of every program.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace measure {

/// What one run does, at least: bytes read and written, floating-point operations.
struct work {
  double bytes = 0, flop = 0;
};

/// Registers case/program. prepare() makes the operands and returns what is timed; it is called for each repetition.
template <class Prepare>
void add(const std::string& name, const std::string& program, work w, Prepare prepare) {
  benchmark::RegisterBenchmark((name + '/' + program).c_str(), [=](benchmark::State& state) {
    auto run = prepare();
    for (auto _ : state) {
      run();
      benchmark::ClobberMemory();
    }
    if (w.bytes > 0) state.counters["bytes"] = benchmark::Counter(w.bytes, benchmark::Counter::kIsIterationInvariantRate);
    if (w.flop > 0) state.counters["flop"] = benchmark::Counter(w.flop, benchmark::Counter::kIsIterationInvariantRate);
  });
}

template <class T>
struct aligned {
  using value_type = T;
  aligned() = default;
  template <class U>
  aligned(const aligned<U>&) {}
  [[nodiscard]] T* allocate(std::size_t n) const { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) const { ::operator delete(p, std::align_val_t{64}); }
  friend bool operator==(aligned, aligned) { return true; }
};
template <class T>
using buffer_of = std::vector<T, aligned<T>>;
using buffer = buffer_of<float>;

/// Numbers from -1 to 1 without visible order.
template <class T = float>
[[nodiscard]] buffer_of<T> numbers(std::int64_t count) {
  buffer_of<T> all(static_cast<std::size_t>(count));
  std::uint32_t x = 1;
  for (T& v : all) {
    x = x * 1664525U + 1013904223U;
    v = static_cast<T>(static_cast<float>(x >> 8) * 0x1p-23f - 1);
  }
  return all;
}

/// How many threads tessera and its peers may use: TESSERA_NUM_THREADS, else one.
[[nodiscard]] inline int threads() {
  const char* text = std::getenv("TESSERA_NUM_THREADS");
  return text != nullptr ? std::max(1, std::atoi(text)) : 1;
}

}  // namespace measure
