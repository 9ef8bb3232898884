// SPDX-License-Identifier: BSL-1.0
#pragma once
// A step of work while it is captured: the work of this thread on one GPU is written down instead of done, to be done as a whole
// afterwards, again and again. Its kernels keep the addresses and numbers they were given, so
//   memory      that the step allocates is the graph's own, and what it gives back is kept until the graph goes
//   numbers     of the processor that change from step to step (an optimiser's, those of random operations) are read from memory of
//               the GPU, which a `renewed` writes before each replay
//   waiting     for the GPU, or reading the processor's memory, is refused by name

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>
#include <tessera/storage/gpu_arena.hpp>
#include <tessera/storage/gpu_recording.hpp>

#if TESSERA_HAS_GPU

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace tessera::gpu {

/// What a replay needs from the processor.
struct renewed {
  const void* key = nullptr;  // whose it is
  renewed() = default;
  renewed(const renewed&) = delete;
  renewed& operator=(const renewed&) = delete;
  virtual ~renewed() = default;
  /// Is everything where it was when the step was captured, and nobody else's?
  [[nodiscard]] virtual bool holds() const { return true; }
  /// The step has been captured.
  virtual void close() {}
  /// Does what the processor does in each step, and writes the numbers of this one to the GPU.
  virtual void renew() {}
  /// The work of a replay has been given to the GPU.
  virtual void settle() {}
};

class capture;

namespace detail {
inline thread_local constinit capture* capture_of_thread = nullptr;
inline constexpr int most_gpus = 64;
inline constinit std::atomic<capture*> running[most_gpus]{};  // one at a time on each GPU
}  // namespace detail

/// A captured step.
class capture {
 public:
  explicit capture(int gpu) : gpu_(gpu), recording_(gpu), memory_(new detail::arena(gpu, std::size_t{4} << 20)), inputs_(new detail::arena(gpu, std::size_t{64} << 10)) {}
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;
  ~capture() {
    recording_.end_all();
    parts_.clear();
    for (const auto& [piece, bytes] : kept_) memory::release(gpu_, piece, bytes);
    memory_->disown();
    inputs_->disown();
  }

  /// Captures the work of f, which is not done.
  ///   error  device_error where a capture is running already; what f throws
  template <class F>
  void record(F&& f) {
    capture* none = nullptr;
    if (!detail::running[gpu_].compare_exchange_strong(none, this)) raise<device_error>({"tessera::gpu::graph: another step is being captured on gpu:", gpu_});
    const scope guard{this};
    recording_.begin();
    try {
      std::forward<F>(f)();
    } catch (...) {
      recording_.abandon();
      throw;
    }
    recording_.end();
    for (const auto& part : parts_) part->close();
  }
  [[nodiscard]] bool holds() const {
    for (const auto& part : parts_)
      if (!part->holds()) return false;
    return true;
  }
  /// Does the captured work once.
  void replay() {
    for (const auto& part : parts_) part->renew();
    recording_.launch();
    for (const auto& part : parts_) part->settle();
  }

  [[nodiscard]] int gpu() const noexcept { return gpu_; }
  [[nodiscard]] void* allocate(int gpu, std::size_t bytes) {
    if (gpu != gpu_) raise<device_error>({"tessera::gpu::graph: a step of gpu:", gpu_, " cannot make tensors on gpu:", gpu});
    return (makes_input_ ? inputs_ : memory_)->allocate(bytes);
  }
  /// Until the end of the scope, what the step allocates is written before replays: apart, because what the step allocates otherwise
  /// may lie where an earlier part of it had something else.
  class input {
   public:
    explicit input(capture& c) noexcept : of_(c) { of_.makes_input_ = true; }
    ~input() { of_.makes_input_ = false; }
    input(const input&) = delete;
    input& operator=(const input&) = delete;

   private:
    capture& of_;
  };
  /// Keeps memory that was made before and given back within: the step may read it.
  void keep(void* piece, std::size_t bytes) {
    const std::lock_guard guard(access_);
    kept_.emplace_back(piece, bytes);
  }
  /// The part of an owner; null where it has none yet.
  [[nodiscard]] renewed* part_of(const void* key) const {
    for (const auto& part : parts_)
      if (part->key == key) return part.get();
    return nullptr;
  }
  void add(std::unique_ptr<renewed> part) { parts_.push_back(std::move(part)); }

 private:
  struct scope {
    explicit scope(capture* c) noexcept { detail::capture_of_thread = c; }
    ~scope() { detail::running[std::exchange(detail::capture_of_thread, nullptr)->gpu_] = nullptr; }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
  };

  const int gpu_;
  memory::recording recording_;
  detail::arena *const memory_, *const inputs_;
  bool makes_input_ = false;
  std::vector<std::pair<void*, std::size_t>> kept_;
  std::mutex access_;
  std::vector<std::unique_ptr<renewed>> parts_;
};

/// The step that this thread captures, or null.
[[nodiscard]] inline capture* capturing() noexcept { return detail::capture_of_thread; }

namespace detail {

[[noreturn]] TESSERA_COLD inline void refuse_in_capture(const char* what, const char* why) {
  raise<device_error>({"tessera::gpu::graph: ", what, " ", why, ", which a captured step cannot do"});
}
/// Before anything that a captured step cannot do.
inline void note_not_captured(const char* what, const char* why) {
  if (capturing() != nullptr) [[unlikely]] refuse_in_capture(what, why);
}

/// Memory of a GPU for a block, and back.
[[nodiscard]] inline void* allocate(int gpu, std::size_t bytes) {
  if (capture* const on = capturing(); on != nullptr) [[unlikely]] return on->allocate(gpu, bytes);
  return memory::allocate(gpu, bytes);
}
inline void release(int gpu, void* piece, std::size_t bytes) noexcept {
  if (piece != nullptr && arena::take_back(piece)) return;
  if (capture* const on = running[gpu].load(); on != nullptr) [[unlikely]] return on->keep(piece, bytes);
  memory::release(gpu, piece, bytes);
}

}  // namespace detail
}  // namespace tessera::gpu

#else

namespace tessera::gpu::detail {
inline void note_not_captured(const char*, const char*) noexcept {}
[[nodiscard]] inline void* allocate(int, std::size_t) noexcept { return nullptr; }
inline void release(int, void*, std::size_t) noexcept {}
}  // namespace tessera::gpu::detail

#endif  // TESSERA_HAS_GPU
