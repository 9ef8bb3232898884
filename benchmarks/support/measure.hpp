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
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace measure {

/// What one run does, at least: bytes read and written, and floating-point operations, of double or of float.
struct work {
  double read = 0, written = 0, flop = 0;
  bool in_double = false;
};

/// Some thousands of the numbers of each result: what programs must agree on before they are timed.
using sample = std::vector<std::vector<double>>;

template <class T>
void append(sample& to, const T& result);
template <class... T>
void append(sample& to, const std::tuple<T...>& results) {
  std::apply([&](const auto&... result) { (append(to, result), ...); }, results);
}
/// Of a number, or of whatever has data() and size(). A library of other manners has an append beside its tensor.
template <class T>
void append(sample& to, const T& result) {
  if constexpr (std::is_arithmetic_v<T>) {
    to.push_back({static_cast<double>(result)});
  } else {
    constexpr std::size_t most = 8192;  // of more, some from everywhere, in no pattern that an axis has
    const auto count = static_cast<std::size_t>(result.size());
    std::vector<double>& some = to.emplace_back();
    for (std::size_t i = 0; i < std::min(count, most); ++i) some.push_back(static_cast<double>(result.data()[count <= most ? i : i * 2654435761U % count]));
  }
}

/// Keeps the first sample of a case, and says how another differs from it: nothing where it does not. Of the main program, for
/// those of all libraries.
[[nodiscard, gnu::visibility("default")]] std::string compare(const std::string& name, const std::string& program, const sample& result);

/// Registers case/program. prepare() makes the operands and returns what is timed; it is called for each repetition. What a run
/// returns is compared with what the other programs of the case return, before anything is timed.
template <class Prepare>
benchmark::internal::Benchmark* add(const std::string& name, const std::string& program, work w, Prepare prepare) {
  constexpr bool gives = !std::is_void_v<decltype(prepare()())>;
  return benchmark::RegisterBenchmark((name + '/' + program).c_str(), [=, difference = std::optional<std::string>()](benchmark::State& state) mutable {
    auto run = prepare();
    if constexpr (gives) {
      if (!difference) {
        sample result;
        append(result, run());
        difference = compare(name, program, result);
      }
    }
    if (difference && !difference->empty()) return state.SkipWithError(difference->c_str());
    for (auto _ : state) {
      if constexpr (gives) benchmark::DoNotOptimize(run());
      else run();
      benchmark::ClobberMemory();
    }
    for (const auto& [key, value] : {std::pair{"read", w.read}, {"written", w.written}, {w.in_double ? "double" : "float", w.flop}})
      state.counters[key] = benchmark::Counter(value, benchmark::Counter::kAvgThreads);
  })->UseRealTime();
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

/// Does the report ask for many sizes of each case, to find those that do badly?
[[nodiscard]] inline bool sweeps() { return std::getenv("TESSERA_BENCHMARK_SWEEP") != nullptr; }

}  // namespace measure
