// SPDX-License-Identifier: BSL-1.0
// What the machine allows one thread: multiply-adds in registers, and reading, copying and the triad a = b + 3c in each level of
// memory, with ordinary stores and with stores past the caches.

#include <support/measure.hpp>
#include <tessera/backend/lanes.hpp>
#include <tessera/backend/stream.hpp>

namespace {

using measure::buffer;
using namespace tessera;

template <class T>
void add_arithmetic(const char* name) {
  using V = backend::simd_register<T>;
  constexpr int chains = 24, rounds = 1024;  // more chains than an instruction is long, and registers for all of them
  measure::add(name, "limit", {0, 2.0 * chains * rounds * backend::width<V>}, [] {
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

/// The sum of n numbers in four chains.
V sum(const float* x, std::int64_t n) {
  V a(0.f), b = a, c = a, d = a;
  for (std::int64_t i = 0; i + 4 * W <= n; i += 4 * W) {
    a = a + backend::load<V>(x + i);
    b = b + backend::load<V>(x + i + W);
    c = c + backend::load<V>(x + i + 2 * W);
    d = d + backend::load<V>(x + i + 3 * W);
  }
  return V(V(a + b) + V(c + d));
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
  measure::add(name, "limit", {static_cast<double>(n) * 4 * (Triad ? 3 : 2), 0}, [n] {
    return [n, x = measure::numbers(n), y = measure::numbers(Triad ? n : 1), z = measure::numbers(n)]() mutable { write<Streams, Triad>(x.data(), y.data(), z.data(), n); };
  });
}

[[maybe_unused]] const int registered = [] {
  add_arithmetic<float>("multiply-add/float");
  add_arithmetic<double>("multiply-add/double");
  for (const int kilobytes : {12, 400, 16'000, 256'000}) {  // of each array: three of them in the nearest cache, the next, the last, none
    const std::int64_t n = kilobytes * std::int64_t{256};
    const std::string size = '/' + std::to_string(kilobytes) + " KiB arrays";
    measure::add("read" + size, "limit", {static_cast<double>(n) * 4, 0}, [n] { return [n, x = measure::numbers(n)] { benchmark::DoNotOptimize(sum(x.data(), n)); }; });
    add_writes<false, false>("copy" + size, n);
    add_writes<true, false>("copy past the caches" + size, n);
    add_writes<false, true>("triad" + size, n);
    add_writes<true, true>("triad past the caches" + size, n);
  }
  return 0;
}();

}  // namespace
