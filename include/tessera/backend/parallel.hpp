// SPDX-License-Identifier: BSL-1.0
#pragma once
// Threads: parallel_for over a partition that depends on the work only, so that results never depend on their number.

#include <tessera/core/error.hpp>
#include <tessera/shape/extents.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera {

namespace detail {

inline std::atomic<int> thread_setting{0};         // 0: not asked for yet
inline std::atomic<bool> workers_are_gone{false};  // static objects that die after the workers compute alone
inline thread_local bool inside_parallel_for = false;

[[nodiscard]] TESSERA_COLD_ONCE int default_threads() noexcept {
  if (const char* text = std::getenv("TESSERA_NUM_THREADS"); text != nullptr)
    if (const long n = std::strtol(text, nullptr, 10); n >= 1) return static_cast<int>(std::min(n, 4096L));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// A loop cut into chunks: what the threads of one parallel_for share.
struct chunked_loop {
  void (*run)(void* context, extent begin, extent end);
  void* context;
  extent count;
  extent chunk;
};

inline void run_alone(const chunked_loop& loop) {
  for (extent begin = 0; begin < loop.count; begin += loop.chunk)
    loop.run(loop.context, begin, std::min(loop.count, begin + loop.chunk));
}

// One loop at a time. Each thread begins with chunks of its own, the same ones whenever a loop of this length is run, which its caches may still
// hold, and goes on with what the others have left. Workers enter it while it is open and nobody waits for those who slept through it: `state_` holds
// the loop's number, whether it is open, and how many workers are in it. A sleeper announces itself before it looks at
// the state, and whoever changes the state looks for sleepers afterwards (both sequentially consistent), so no wake-up
// is lost.
class worker_team {
 public:
  [[nodiscard]] static worker_team& instance() {
    static worker_team team;
    return team;
  }

  worker_team() = default;
  worker_team(const worker_team&) = delete;
  worker_team& operator=(const worker_team&) = delete;
  ~worker_team() {
    workers_are_gone = true;
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  // False where another thread's loop is running: the caller then works alone.
  [[nodiscard]] TESSERA_ONCE bool try_run(const chunked_loop& loop, int threads) {
    const std::unique_lock owner(owner_, std::try_to_lock);
    if (!owner) return false;
    hire(threads - 1);
    loop_ = loop;
    failure_ = nullptr;
    allowed_ = threads - 1;
    share_out((loop.count + loop.chunk - 1) / loop.chunk, threads);
    const std::uint64_t number = (state_.load(std::memory_order_relaxed) >> 32) + 1;
    state_.store(number << 32 | open);
    if (sleepers_.load() > 0) {
      const std::lock_guard guard(mutex_);
      wake_.notify_all();
    }
    work(0);
    state_.fetch_and(~open);
    wait_for_workers();
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
  }

 private:
  static constexpr std::uint64_t open = std::uint64_t{1} << 31;
  static constexpr std::uint64_t inside = open - 1;
  static constexpr int spins = 8000;  // some 100 microseconds: the pause between two loops of one training step

  TESSERA_COLD_ONCE void hire(int wanted) {
    try {
      while (static_cast<int>(workers_.size()) < wanted)
        workers_.push_back(std::thread([this, index = static_cast<int>(workers_.size())] { serve(index); }));
    } catch (const std::system_error&) {  // the system has no more threads: those at hand do the work
    }
  }

  // The chunks that one thread begins with: those from `next` on are left.
  struct alignas(64) share {
    std::atomic<extent> next;
    extent end;
  };
  TESSERA_ONCE void share_out(extent chunks, int threads) {
    if (threads > room_) {
      shares_ = std::make_unique<share[]>(static_cast<std::size_t>(threads));
      room_ = threads;
    }
    share* to = shares_.get();
    for (int i = 0; i < threads; ++i, ++to) {
      to->next.store(i * chunks / threads, std::memory_order_relaxed);
      to->end = (i + 1) * chunks / threads;
    }
  }

  TESSERA_ONCE void work(int own) noexcept {
    const bool before = std::exchange(inside_parallel_for, true);
    const int all = allowed_ + 1;
    share* const shares = shares_.get();
    try {
      for (int i = 0; i < all; ++i) {
        share& now = shares[(own + i) % all];
        for (extent chunk; (chunk = now.next.fetch_add(1, std::memory_order_relaxed)) < now.end;)
          loop_.run(loop_.context, chunk * loop_.chunk, std::min(loop_.count, (chunk + 1) * loop_.chunk));
      }
    } catch (...) {
      // Chunks that nobody took are not worth starting.
      for (int i = 0; i < all; ++i) shares[i].next.store(shares[i].end, std::memory_order_relaxed);
      const std::lock_guard guard(mutex_);
      if (failure_ == nullptr) failure_ = std::current_exception();
    }
    inside_parallel_for = before;
  }

  [[nodiscard]] bool is_news(std::uint64_t state, std::uint64_t last) const noexcept {
    return (state & open) != 0 && state >> 32 != last;
  }

  TESSERA_ONCE void serve(int index) {
    std::uint64_t last = 0;
    for (;;) {
      std::uint64_t state = state_.load();
      for (int i = 0; i < spins && !is_news(state, last); ++i) {
        relax();
        state = state_.load();
      }
      if (!is_news(state, last)) {
        std::unique_lock lock(mutex_);
        ++sleepers_;
        wake_.wait(lock, [&] { return stop_ || is_news(state = state_.load(), last); });
        --sleepers_;
        if (stop_) return;
      }
      last = state >> 32;
      // Entering fails when the loop has closed meanwhile. Only inside is it safe to read what the owner wrote.
      while ((state & open) != 0 && state >> 32 == last && !state_.compare_exchange_weak(state, state + 1)) {}
      if ((state & open) == 0 || state >> 32 != last) continue;
      if (index < allowed_) work(index + 1);
      state_.fetch_sub(1);
      if (owner_sleeps_.load()) {
        const std::lock_guard guard(mutex_);
        done_.notify_one();
      }
    }
  }

  TESSERA_ONCE void wait_for_workers() {
    for (int i = 0; i < spins; ++i, relax())
      if ((state_.load() & inside) == 0) return;
    std::unique_lock lock(mutex_);
    owner_sleeps_ = true;
    done_.wait(lock, [&] { return (state_.load() & inside) == 0; });
    owner_sleeps_ = false;
  }

  std::mutex owner_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  bool stop_ = false;
  std::vector<std::thread> workers_;
  chunked_loop loop_{};
  int allowed_ = 0;
  std::exception_ptr failure_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> owner_sleeps_{false};
  alignas(64) std::atomic<std::uint64_t> state_{0};
  std::unique_ptr<share[]> shares_;
  int room_ = 0;  // for the shares of so many threads
};

TESSERA_APART_ONCE void run_chunks(const chunked_loop& loop, int threads) {
  if (threads <= 1 || inside_parallel_for || workers_are_gone || !worker_team::instance().try_run(loop, threads))
    run_alone(loop);
}

}  // namespace detail

/// How many threads work on one operation: set_num_threads, else TESSERA_NUM_THREADS, else every processor.
///   like  torch.get_num_threads
[[nodiscard]] inline int num_threads() noexcept {
  int n = detail::thread_setting.load(std::memory_order_relaxed);
  if (n == 0) detail::thread_setting.compare_exchange_strong(n, detail::default_threads());
  return detail::thread_setting.load(std::memory_order_relaxed);
}

/// Sets how many threads work on one operation, the calling one included. No result depends on it.
///   error  value_error below 1
///   like   torch.set_num_threads
TESSERA_ONCE void set_num_threads(int threads) {
  if (threads < 1)
    raise<value_error>({"tessera::set_num_threads(", threads, "): at least one thread is needed"});
  detail::thread_setting.store(threads, std::memory_order_relaxed);
}

/// Until the end of the scope this thread does its loops alone, as the workers of a loader do: the other threads are left to
/// whoever computes beside it. like torch.set_num_threads(1) in a worker of a DataLoader
class single_threaded {
 public:
  single_threaded() noexcept : before_(std::exchange(detail::inside_parallel_for, true)) {}
  ~single_threaded() { detail::inside_parallel_for = before_; }
  single_threaded(const single_threaded&) = delete;
  single_threaded& operator=(const single_threaded&) = delete;

 private:
  bool before_;
};

/// Calls body(begin, end) on ranges that cover [0, count) once, several at a time. The ranges depend on count and grain
/// only: `grain` long each, or longer where that would give more than 1024. The caller works too; a call from inside a
/// body, or while another thread's loop is running, does all the work on its own thread.
///   error  what a body throws; of several exceptions one, and ranges not begun by then are left out
template <class Body>
void parallel_for(extent count, extent grain, Body&& body) {
  if (count <= 0) return;
  constexpr extent most = 1024;
  const extent chunk = std::max({extent{1}, grain, (count + most - 1) / most});
  if (chunk >= count) return static_cast<void>(body(extent{0}, count));
  using B = std::remove_reference_t<Body>;
  const detail::chunked_loop loop{
      [](void* context, extent begin, extent end) { (*static_cast<B*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))), count, chunk};
  detail::run_chunks(loop, num_threads());
}

}  // namespace tessera
