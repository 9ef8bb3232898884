// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where a block lives, and where new ones are made.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>
#include <tessera/storage/gpu_capture.hpp>
#include <tessera/storage/gpu_memory.hpp>

#include <string>
#include <utility>

namespace tessera {

/// A processor that holds tensors and works on them. It is a property of the storage at run time, never of a type.
class device {
 public:
  enum class kind : unsigned char { cpu, gpu };

  constexpr device() noexcept : device(kind::cpu, 0) {}
  /// The processor the program runs on.
  [[nodiscard]] static constexpr device cpu() noexcept { return device(kind::cpu, 0); }
  /// The GPU with the given index.
  ///   error  device_error in a build without a GPU backend, and where there is no such GPU
  [[nodiscard]] static device gpu(int index = 0) {
    if constexpr (!has_gpu) raise<device_error>({"tessera::device::gpu(", index, "): this program was built without a GPU backend"});
    const int there = gpu::memory::count();
    if (index < 0 || index >= there) raise<device_error>({"tessera::device::gpu(", index, "): this machine has ", there, " usable GPUs"});
    return device(kind::gpu, index);
  }

  [[nodiscard]] constexpr kind type() const noexcept { return kind_; }
  [[nodiscard]] constexpr bool is_gpu() const noexcept { return has_gpu && kind_ == kind::gpu; }
  [[nodiscard]] constexpr int index() const noexcept { return index_; }
  friend constexpr bool operator==(device, device) = default;

 private:
  constexpr device(kind k, int index) noexcept : kind_(k), index_(index) {}
  kind kind_;
  int index_;
};

/// "cpu" or "gpu:0", as text and as a part of a message.
[[nodiscard]] TESSERA_COLD inline std::string to_string(device d) { return d.is_gpu() ? "gpu:" + std::to_string(d.index()) : "cpu"; }
inline void describe(std::string& out, const device& d) { out += to_string(d); }

namespace gpu {
/// Can tensors be moved to a GPU? False in a build without a GPU backend, and on a machine without a GPU.
///   like  torch.cuda.is_available
[[nodiscard]] inline bool is_available() { return memory::count() > 0; }
/// The number of GPUs.
///   like  torch.cuda.device_count
[[nodiscard]] inline int count() { return memory::count(); }

namespace detail {
inline thread_local constinit int waits_forbidden = 0;
/// Before anything that waits for a GPU.
inline void note_wait(const char* what) {
  note_not_captured(what, "waits for the GPU");
  if (waits_forbidden > 0) [[unlikely]] raise<device_error>({"tessera::gpu::no_waiting: ", what, " waits for the GPU"});
}
/// Throws what work on the GPU found wrong, once: for whoever has just waited for it.
[[noreturn]] TESSERA_COLD inline void raise_fault(fault& found) {
  const fault f = std::exchange(found, fault{});
  if (f.kind == fault::label) raise<index_error>({"tessera::cross_entropy: label ", f.value, " at row ", f.at, " is none of the ", f.limit, " classes"});
  raise<index_error>({"tessera::embedding: index ", f.value, ", number ", f.at, " of the indices, is none of the ", f.limit, " rows of the weight"});
}
inline void note_waited(int gpu) {
  if constexpr (has_gpu)
    if (fault& found = *memory::faults(gpu); found.kind != fault::none) [[unlikely]] raise_fault(found);
}
}  // namespace detail

/// Until the end of the scope, what would wait for a GPU on this thread is an error: to find what keeps the processor from running
/// ahead. Reading elements waits (item(), printing, to(x, device::cpu()), saving).
class no_waiting {
 public:
  no_waiting() noexcept { ++detail::waits_forbidden; }
  ~no_waiting() { --detail::waits_forbidden; }
  no_waiting(const no_waiting&) = delete;
  no_waiting& operator=(const no_waiting&) = delete;
};

/// Waits until all work that was given to the GPU is done.
///   error  index_error for a label of cross_entropy or an index of embedding that the work found to be out of range. On a GPU whatever
///          waits first throws it: this, item(), or another reading of elements
///   like  torch.cuda.synchronize
inline void synchronize(device d) {
  if (!d.is_gpu()) return;
  detail::note_wait("synchronize");
  memory::synchronize(d.index());
  detail::note_waited(d.index());
}
/// The bytes that tensors hold on a GPU.
///   like  torch.cuda.memory_allocated
[[nodiscard]] inline std::size_t memory_allocated(device d) { return d.is_gpu() ? memory::held(d.index()) : 0; }
}  // namespace gpu

namespace detail {
inline thread_local constinit device current_device_of_thread;
}  // namespace detail

/// Where this thread makes new blocks.
[[nodiscard]] inline device current_device() noexcept {
  if constexpr (has_gpu) return detail::current_device_of_thread;
  else return device::cpu();
}

/// Until the end of the scope, factories of this thread make their tensors on the device. (Operations work where their operands are.)
///   like  with torch.device(...)
class with_device {
 public:
  explicit with_device([[maybe_unused]] device d) noexcept {
    if constexpr (has_gpu) before_ = std::exchange(detail::current_device_of_thread, d);
  }
  ~with_device() {
    if constexpr (has_gpu) detail::current_device_of_thread = before_;
  }
  with_device(const with_device&) = delete;
  with_device& operator=(const with_device&) = delete;

 private:
  device before_;
};

}  // namespace tessera
