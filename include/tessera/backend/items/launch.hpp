// SPDX-License-Identifier: BSL-1.0
#pragma once
// Work as independent items: how a GPU gets it, and how systems of Thrust run the same on a processor. F is a small struct that can
// be copied as bytes, with
//   operator()(i)                 the work of item i
//   packet_size, packs(), packet(i)   perhaps that of packet_size items from i on, where packs() says that all memory allows it
// A GPU runs it through a slot, which a unit compiled for GPUs fills when the program starts: a unit that is not may use it.

#include <tessera/backend/items/cuda.hpp>
#include <tessera/backend/items/team.hpp>
#include <tessera/backend/items/thrust.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/selector.hpp>

#if TESSERA_RUNS_ITEMS

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>

namespace tessera::backend {

/// Work that can be handed to a GPU.
template <class F>
concept Items = std::is_trivially_copyable_v<F> && requires(const F& f, extent i) { f(i); };

namespace items {

/// Runs items [begin, end) here. `begin` is a multiple of every packet's size.
template <Items F>
void run_chunk(const void* f, extent begin, extent end) {
  const F own = *static_cast<const F*>(f);
  extent i = begin;
  if constexpr (requires { F::packet_size; })
    if (own.packs())
      for (; i + F::packet_size <= end; i += F::packet_size) own.packet(i);
  for (; i < end; ++i) own(i);
}

/// How a GPU runs the F at an address: null until a unit that was compiled for GPUs says it.
template <Items F>
inline void (*gpu_slot)(const void* f, extent n, int gpu) = nullptr;

namespace {
#if TESSERA_COMPILES_GPU_CODE
template <Items F>
const bool registered = [] {
#if defined(__CUDACC__)
  gpu_slot<F> = &cuda::run<F>;
#else
  gpu_slot<F> = [](const void* f, extent n, int) {
    tessera::gpu::memory::detail::give([own = *static_cast<const F*>(f), n] { run_chunk<F>(&own, 0, n); });
  };
#endif
  return true;
}();
/// Makes the program fill the slot of F when it starts.
template <Items F>
void compile_for_gpu() noexcept { static_cast<void>(&registered<F>); }
#else
template <Items F>
void compile_for_gpu() noexcept {}
#endif
}  // namespace

/// The type in what a compiler calls `name_of<F>()`, without the names of namespaces that all have.
[[nodiscard]] TESSERA_COLD inline std::string readable_name(std::string text) {
  if (const auto start = text.find("F = "); start != std::string::npos) text.erase(0, start + 4);
  if (!text.empty() && text.back() == ']') text.pop_back();
  for (const char* each : {"tessera::", "backend::", "items::", "type_list", "(access)", "struct ", "class "})
    for (std::size_t at = 0; (at = text.find(each, at)) != std::string::npos;) text.erase(at, std::char_traits<char>::length(each));
  return text;
}
[[noreturn]] TESSERA_COLD inline void refuse_uncompiled(const char* what) {
  raise<device_error>({"tessera: this was never compiled for the GPU: ", readable_name(what), " (compile a file that uses the same expression with nvcc, and link it)"});
}

template <Items F>
[[nodiscard]] TESSERA_COLD const char* name_of() noexcept { return __PRETTY_FUNCTION__; }

/// Work without its type: what runs it, and what tells its name.
struct any_work {
  void (*on_gpu)(const void* f, extent n, int gpu);
  void (*here)(const void* f, extent begin, extent end);
  const char* (*name)() noexcept;
};

#if TESSERA_HAS_GPU
TESSERA_APART_ONCE void run_on_gpu(extent n, const any_work& work, const void* f) {
  if (work.on_gpu == nullptr) refuse_uncompiled(work.name());
  work.on_gpu(f, n, current_device().index());
}
template <Items F>
void run_on_gpu(extent n, const F& f) {
  compile_for_gpu<F>();
  run_on_gpu(n, {gpu_slot<F>, nullptr, &name_of<F>}, &f);
}
#endif

/// Without Thrust only a GPU has items to run: no unit compiles them for the processor then.
TESSERA_APART_ONCE void hand_out(extent n, [[maybe_unused]] extent cost, const any_work& work, const void* f) {
  if (n <= 0) return;
#if TESSERA_HAS_GPU
  if (current_device().is_gpu()) return run_on_gpu(n, work, f);
#endif
#if TESSERA_USE_THRUST
  const extent chunk = std::max<extent>(1, 16384 / std::max<extent>(1, cost) / 64) * 64;
  if (selected() >= kind::thrust_cpp) return run_on_thrust(selected(), {work.here, f, n, chunk});
#endif
  raise<device_error>({"tessera: work for a GPU was started on a processor: ", readable_name(work.name())});
}

}  // namespace items

/// Runs f(0) to f(n - 1), in any order and at the same time, where this thread's work goes: to a GPU or to a system of Thrust.
/// `cost`: of one item, in simple operations.
template <Items F>
void launch(extent n, extent cost, const F& f) {
#if TESSERA_HAS_GPU
  items::compile_for_gpu<F>();
  items::hand_out(n, cost, {items::gpu_slot<F>, TESSERA_USE_THRUST ? &items::run_chunk<F> : nullptr, &items::name_of<F>}, &f);
#else
  items::hand_out(n, cost, {nullptr, &items::run_chunk<F>, &items::name_of<F>}, &f);
#endif
}

/// Where work of this thread says what it found wrong: null on a processor, which has checked before.
[[nodiscard]] inline gpu::fault* faults_of_work() { return current_device().is_gpu() ? gpu::memory::faults(current_device().index()) : nullptr; }

/// Runs f(0, team) to f(n - 1, team): work on rows, each by one team. `cost`: of one row. `length`: the elements of a row, which the
/// lanes of a team share; where it is not given the cost gives an idea of it.
template <class F>
void launch_rows(extent n, extent cost, const F& f, extent length = 0) {
  launch(n, cost, items::rows<F>{f, length != 0 ? length : cost / 16});
}

}  // namespace tessera::backend

#endif  // TESSERA_RUNS_ITEMS
