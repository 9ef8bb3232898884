// SPDX-License-Identifier: BSL-1.0
// What the machine allows the threads that are asked for: multiply-adds in registers, and reading, copying and the triad a = b + 3c in each
// level of memory, with ordinary stores and, in memory itself, with stores past the caches. table.py holds every other row against these.

#include <support/measure.hpp>
#include <tessera/backend/lanes.hpp>
#include <tessera/backend/stream.hpp>
#include <unistd.h>

#include <cmath>

namespace {

using measure::work;
using namespace tessera;

/// n ones.
measure::buffer ones(std::int64_t n) { return measure::buffer(static_cast<std::size_t>(n), 1.f); }

/// Each thread does the same on operands of its own.
template <class Prepare>
void add(const std::string& name, work w, Prepare prepare) {
  measure::add(name, "limit", w, prepare)->Threads(measure::threads());
}

template <class T>
void add_arithmetic(const char* name) {
  using V = backend::simd_register<T>;
  constexpr int chains = 24, rounds = 1024;  // more chains than an instruction is long, and registers for all of them
  add(name, {0, 0, 2.0 * chains * rounds * backend::width<V>, sizeof(T) == 8}, [] {
    return [] {
      const V factor(T(0.5));
      [&]<int... I>(std::integer_sequence<int, I...>) {
        V x[] = {V(T(I))...};
        for (int i = 0; i < rounds; ++i) {
          if constexpr (backend::width<V> == 1) ((x[I] = x[I] * factor + factor), ...);
          else ((x[I] = fma(x[I], factor, factor)), ...);
        }
        V all = x[0];
        ((all = V(all + x[I])), ...);
        benchmark::DoNotOptimize(all);
      }(std::make_integer_sequence<int, chains>{});
    };
  });
}

using V = backend::simd_register<float>;
constexpr int W = backend::width<V>;

/// The sum of n numbers in as many chains as keep two loads in each cycle.
V sum(const float* x, std::int64_t n) {
  return [&]<int... I>(std::integer_sequence<int, I...>) {
    V chains[] = {V(static_cast<float>(0 * I))...};
    for (std::int64_t i = 0; i + static_cast<int>(sizeof...(I)) * W <= n; i += static_cast<int>(sizeof...(I)) * W)
      ((chains[I] = chains[I] + backend::load<V>(x + i + I * W)), ...);
    V all = chains[0];
    ((all = V(all + chains[I])), ...);
    return all;
  }(std::make_integer_sequence<int, 8>{});
}

template <bool Streams, bool Triad>
void write(const float* x, const float* y, float* z, std::int64_t n) {
  const V three(3.f);
  for (std::int64_t i = 0; i + W <= n; i += W) {
    V v = backend::load<V>(x + i);
    if constexpr (Triad) v = V(v + V(three * backend::load<V>(y + i)));
    if constexpr (Streams) backend::stream_lanes(z + i, v);
    else backend::store_lanes(z + i, v);
  }
  if constexpr (Streams) backend::end_stream();
}

template <bool Streams, bool Triad>
void add_writes(const std::string& name, std::int64_t n) {
  const auto bytes = static_cast<double>(n) * 4;
  add(name, {bytes * (Triad ? 2 : 1), bytes}, [n] {
    return [n, x = ones(n), y = ones(Triad ? n : 1), z = ones(n)]() mutable { write<Streams, Triad>(x.data(), y.data(), z.data(), n); };
  });
}

/// Bytes of a cache of this thread; `usual` where the system does not tell.
[[maybe_unused]] double cache(int name, double usual) {
  const long bytes = sysconf(name);
  return bytes > 0 ? static_cast<double>(bytes) : usual;
}

/// All arrays of a thread together take `bytes`: they fit this level and none before it.
void add_level(const std::string& level, double bytes, bool is_memory) {
  const auto elements = [bytes](int arrays) { return static_cast<std::int64_t>(bytes / arrays / 4 / 256) * 256; };
  add("read/" + level, {static_cast<double>(elements(1)) * 4}, [n = elements(1)] { return [n, x = ones(n)] { benchmark::DoNotOptimize(sum(x.data(), n)); }; });
  add_writes<false, false>("copy/" + level, elements(2));
  if (is_memory) add_writes<true, false>("copy past the caches/" + level, elements(2));
  add_writes<false, true>("triad/" + level, elements(3));
  if (is_memory) add_writes<true, true>("triad past the caches/" + level, elements(3));
}

[[maybe_unused]] const int registered = [] {
  add_arithmetic<float>("multiply-add/float");
  add_arithmetic<double>("multiply-add/double");
  const double l1 = cache(_SC_LEVEL1_DCACHE_SIZE, 32e3), l2 = cache(_SC_LEVEL2_CACHE_SIZE, 1e6), l3 = cache(_SC_LEVEL3_CACHE_SIZE, 32e6) / measure::threads();
  for (const auto& [level, bytes] : {std::pair{"L1", l1}, {"L2", l2}, {"L3", l3}}) benchmark::AddCustomContext(std::string("cache: ") + level, std::to_string(bytes * measure::threads()));
  add_level("L1", l1 / 2, false);
  add_level("L2", std::sqrt(l1 * l2), false);
  add_level("L3", std::sqrt(l2 * l3), false);
  add_level("memory", std::min(3 * l3, 1e9), true);
  return 0;
}();

}  // namespace
