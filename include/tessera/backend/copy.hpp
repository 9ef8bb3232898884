// SPDX-License-Identifier: BSL-1.0
#pragma once
// Copies through index maps: once for each element type, however the maps came about.

#include <tessera/backend/driver.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/backend/simd/transpose.hpp>
#include <tessera/backend/stream.hpp>

#include <algorithm>
#include <cstdint>

namespace tessera::backend {

inline namespace TESSERA_ARCH {

/// The kernel K for lanes of T on the selected backend.
template <class K, class T>
[[nodiscard]] kernel pick() {
#if TESSERA_RUNS_ITEMS
  if (runs_items()) return {nullptr, &K::run_items};
#endif
  if constexpr (has_reference_kernels)
    if (selected() == kind::scalar) return {&K::template body<scalar_register<T>>, nullptr};
  return {&K::template body<simd_register<T>>, nullptr};
}

/// Writes `value` to n elements, past the caches where they are many.
template <class T>
void fill(T* to, extent n, T value) {
#if TESSERA_RUNS_ITEMS
  if (current_device().is_gpu()) return launch(n, 1, items::fill<T>{to, value});
#endif
  extent done = 0;
  if constexpr (width<simd_register<T>> > 1)
    if (n * static_cast<extent>(sizeof(T)) >= streamed_bytes && reinterpret_cast<std::uintptr_t>(to) % 64 == 0) {
      using V = simd_register<T>;
      const V all(value);
      for (; done + width<V> <= n; done += width<V>) stream_lanes(to + done, all);
      end_stream();
    }
  std::fill_n(to + done, n - done, value);
}

/// Copies n elements; the two do not overlap.
template <class T>
void copy(const T* from, extent n, T* to) {
#if TESSERA_RUNS_ITEMS
  if (current_device().is_gpu()) return launch(n, 1, items::copy_of<T>{from, to});
#endif
  std::copy_n(from, n, to);
}

/// Copies elements of `space` from one index map to another; the two do not overlap.
///   cost  reads and writes lines of memory whole where one map is row-major and the other a permutation of it
template <class T>
[[gnu::noinline]] void copy_strided(const extents& space, const T* from, const extents& from_strides, T* to, const extents& to_strides) {
  if (count(space) == 0) return;
  operand operands[2] = {{from, sizeof(T), {}, false}, {to, sizeof(T), {}, false}};
  for (int i = 0; i < space.rank; ++i) operands[0].stride[i] = from_strides[i], operands[1].stride[i] = to_strides[i];
  plan p = make_plan(space, space.rank == 0 ? 0 : space.rank - 1, operands, 2);
  using V = simd_register<T>;
  if constexpr (std::is_floating_point_v<T> && simd::detail::transposes<V>) {
    const int inner = p.rank - 1;
    int across = -1;  // the axis along which the source is contiguous
    for (int i = 0; i < inner; ++i)
      if (operands[0].stride[i] == 1 && p.n[i] >= 4) across = i;
    if (across >= 0 && operands[1].stride[inner] == 1 && p.n[inner] >= 4 && selected() == kind::simd && !runs_items()) {
      extent others = 1;
      for (int i = 0; i < inner; ++i) others *= i == across ? 1 : p.n[i];
      const extent rows = p.n[inner], columns = p.n[across];
      constexpr extent strip = 1024 / static_cast<extent>(sizeof(T));
      const extent strips = (columns + strip - 1) / strip;
      const bool stream = others * rows * columns * static_cast<extent>(sizeof(T)) >= streamed_bytes;
      parallel_for(others * strips, std::max<extent>(1, tessera::backend::detail::worth_a_thread / (rows * strip)), [&](extent begin, extent end) {
        for (extent t = begin; t < end;) {
          const extent first = t % strips, last = std::min(strips, first + end - t);
          extent rest = t / strips, offset_from = first * strip, offset_to = first * strip * operands[1].stride[across];
          for (int i = inner - 1; i >= 0; --i) {
            if (i == across) continue;
            offset_from += rest % p.n[i] * operands[0].stride[i];
            offset_to += rest % p.n[i] * operands[1].stride[i];
            rest /= p.n[i];
          }
          simd::detail::transpose_matrix<V>(to + offset_to, operands[1].stride[across], from + offset_from, operands[0].stride[inner], rows,
                                            std::min(columns - first * strip, (last - first) * strip), stream);
          t += last - first;
        }
        if (stream) end_stream();
      });
      return;
    }
  }
  using P = program<T, type_list<source<T, access::strided, false>>, type_list<>>;
  run(pick<map_rows<P, T>, T>(), p, nullptr, true);
}

TESSERA_INSTANTIATE(float, void copy_strided<float>(const extents&, const float*, const extents&, float*, const extents&))
TESSERA_INSTANTIATE(double, void copy_strided<double>(const extents&, const double*, const extents&, double*, const extents&))
TESSERA_INSTANTIATE(float, void copy_strided<std::int64_t>(const extents&, const std::int64_t*, const extents&, std::int64_t*, const extents&))

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
