// SPDX-License-Identifier: BSL-1.0
#pragma once
// loader: batches of a dataset, in PyTorch's order, prefetched by threads.

#include <tessera/backend/parallel.hpp>
#include <tessera/data/arrivals.hpp>
#include <tessera/data/dataset.hpp>
#include <tessera/data/sampler.hpp>

#include <algorithm>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera {

/// A batch size that the type of the batches knows.
template <extent N>
struct batch_tag {};

/// Asks a loader for batches of a static leading extent: loader{dataset, batch<64>, {.shuffle = true}}.
template <extent N>
  requires(N >= 1)
inline constexpr batch_tag<N> batch{};

namespace data {

/// The arguments of torch.utils.data.DataLoader.
struct loader_options {
  extent batch_size = 1;
  bool shuffle = false;
  /// Leaves out a last batch of fewer samples.
  bool drop_last = false;
  /// Threads that prepare batches ahead; 0 prepares each when it is asked for, on the caller's thread.
  int workers = 0;
  /// Batches that each worker is ahead.
  int prefetch_factor = 2;
  /// Where batches are given. On a GPU each is copied ahead of the work that uses it, the next one with workers while the current one is
  /// used, and nobody waits for the copy.
  tessera::device device = tessera::device::cpu();
  /// The source of the order and of the workers' seeds; it has to live as long as the loader. Null: the calling thread's
  /// default generator.
  tessera::generator* generator = nullptr;
};

namespace detail {

/// One pass over a dataset. Batch b is the work of worker b % workers, so that what a dataset draws from the default
/// generator of its worker does not depend on timing.
template <class D, extent N>
class epoch {
 public:
  using batch_type = batch_of<sample_of<D>, N>;

  TESSERA_COLD epoch(const D& dataset, const epoch_options& order, int workers, int prefetch_factor, tessera::device where)
      : dataset_(dataset), order_(order), batches_(order_.batches()), workers_(workers), arrivals_(where) {
    if (workers == 0) return;
    const extent ahead = extent{workers} * prefetch_factor;
    slots_ = std::vector<slot>(static_cast<std::size_t>(std::min(ahead, batches_)));
    while (asked_ < ahead) ask();
    threads_ = std::vector<std::thread>(static_cast<std::size_t>(std::min(extent{workers}, batches_)));
    try {
      int worker = 0;
      for (std::thread& thread : threads_) thread = std::thread([this, w = worker++] { serve(w); });
    } catch (...) {
      stop();
      throw;
    }
  }
  epoch(const epoch&) = delete;
  epoch& operator=(const epoch&) = delete;
  ~epoch() { stop(); }

  /// Makes the next batch the current one; false when there is none.
  [[nodiscard]] bool advance() {
    current_.reset();
    if constexpr (has_gpu)
      if (arrivals_.device().is_gpu()) return advance_there();
    return take(current_);
  }
  [[nodiscard]] batch_type& current() { return *current_; }

 private:
  struct slot {
    std::optional<batch_type> batch;
    std::exception_ptr failure;
    bool ready = false;
  };

  [[nodiscard]] slot& slot_of(extent number) { return slots_[static_cast<std::size_t>(number) % slots_.size()]; }

  /// The next batch as it was prepared; false when there is none.
  [[nodiscard]] bool take(std::optional<batch_type>& to) {
    if (workers_ == 0) {
      order_.request(taken_);
      if (taken_ == batches_) return false;
      reserve(taken_, to);
      fill(taken_++, to);
      return true;
    }
    if (taken_ == batches_) return false;
    slot& next = slot_of(taken_++);
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return next.ready; });
      next.ready = false;
    }
    if (next.failure != nullptr) std::rethrow_exception(std::exchange(next.failure, nullptr));
    to = std::exchange(next.batch, std::nullopt);
    ask();
    return true;
  }
  /// The same on a GPU. What a worker has already prepared starts on its way now; what failed is for the next call.
  [[nodiscard]] bool advance_there() {
    std::optional<batch_type> here;
    if (!arrivals_.has_next()) {
      if (!take(here)) return false;
      arrivals_.send(std::move(*here));
    }
    arrivals_.receive(current_);
    if (is_prepared() && take(here)) arrivals_.send(std::move(*here));
    return true;
  }
  [[nodiscard]] bool is_prepared() {
    if (workers_ == 0 || taken_ == batches_) return false;
    const std::lock_guard guard(mutex_);
    return slot_of(taken_).ready && slot_of(taken_).failure == nullptr;
  }

  // The consumer's thread makes the memory, because it is there that the batch is given back: the pool is per thread.
  void reserve(extent number, std::optional<batch_type>& batch) const {
    const extent count = static_cast<extent>(order_.batch(number).size());
    if constexpr (BatchDataset<D>) batch.emplace(dataset_.template reserve<N>(count));
    else if constexpr (batch_rule<sample_of<D>, N>::is_static) batch.emplace(static_batch<batch_type>(count));
  }
  void fill(extent number, std::optional<batch_type>& batch) const {
    if constexpr (BatchDataset<D>) dataset_.gather(order_.batch(number), *batch);
    else if constexpr (batch_rule<sample_of<D>, N>::known) collate(dataset_, order_.batch(number), batch);
  }

  /// Hands one more batch to its worker.
  void ask() {
    order_.request(asked_);
    if (asked_ < batches_) reserve(asked_, slot_of(asked_).batch);
    {
      const std::lock_guard guard(mutex_);
      ++asked_;
    }
    room_.notify_all();
  }

  void serve(int worker) {
    const single_threaded alone;
    manual_seed(static_cast<std::uint64_t>(order_.base_seed()) + static_cast<std::uint64_t>(worker));
    for (extent number = worker; number < batches_; number += workers_) {
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return stopped_ || number < asked_; });
        if (stopped_) return;
      }
      slot& own = slot_of(number);
      bool failed = false;
      try {
        fill(number, own.batch);
      } catch (...) {
        own.failure = std::current_exception();
        failed = true;
      }
      {
        const std::lock_guard guard(mutex_);
        own.ready = true;
      }
      ready_.notify_one();
      if (failed) return;
    }
  }

  void stop() {
    {
      const std::lock_guard guard(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

  const D& dataset_;
  const epoch_order order_;
  const extent batches_;
  const int workers_;
  std::optional<batch_type> current_;
  std::conditional_t<has_gpu, arrivals<batch_type>, no_arrivals> arrivals_;
  extent taken_ = 0;
  extent asked_ = 0;
  std::vector<slot> slots_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace detail

/// The batches of a dataset: for (auto&& [images, labels] : loader) { ... }, each loop one epoch. A field of shape [28, 28]
/// becomes a tensor of shape<dyn, 28, 28>, a number one of shape<dyn>; with batch<64> the leading extent is 64 and a last
/// batch of fewer samples is left out, whatever drop_last says. The loader keeps a copy of the dataset; std::ref(dataset)
/// keeps a reference. It has to outlive its loops, and a worker calls dataset.get while the others do.
///   error  value_error for options that mean nothing; what dataset.get throws, where the loop reaches that batch, which
///          ends the loop
///   cost   with workers, `prefetch_factor` batches for each are prepared ahead
///   like   torch.utils.data.DataLoader (with a device: and pin_memory=True, .to(device, non_blocking=True)), which draws the same order from the same generator, whatever the number of workers
template <StoredDataset D, extent N = dyn>
class loader {
  using rule = detail::batch_rule<sample_of<dataset_t<D>>, N>;
  using epoch = detail::epoch<dataset_t<D>, N>;

 public:
  using batch_type = typename rule::type;

  TESSERA_COLD explicit loader(D dataset, loader_options options = {})
    requires(N == dyn)
      : dataset_(std::move(dataset)), options_(options) {
    check();
  }
  loader(D dataset, batch_tag<N>, loader_options options = {})
    requires(N != dyn)
      : dataset_(std::move(dataset)), options_(options) {
    if (options.batch_size != 1 && options.batch_size != N)
      raise<value_error>({"tessera::data::loader: batch<", N, "> contradicts batch_size = ", options.batch_size});
    options_.batch_size = N;
    options_.drop_last = true;
    check();
  }

  /// The batches of the epoch that is running, one at a time. operator* refers to the current batch until the next ++.
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = batch_type;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    [[nodiscard]] batch_type& operator*() const { return epoch_->current(); }
    iterator& operator++() {
      // Where advance throws, the iterator is at the end.
      std::unique_ptr<epoch> running = std::move(epoch_);
      if (running->advance()) epoch_ = std::move(running);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.epoch_ == nullptr; }

   private:
    friend loader;
    explicit iterator(std::unique_ptr<epoch> started) : epoch_(std::move(started)) { ++*this; }
    std::unique_ptr<epoch> epoch_;
  };

  /// Starts an epoch: draws its order and prepares the first batch.
  [[nodiscard]] iterator begin() const {
    const epoch_options order{static_cast<extent>(dataset().size()), options_.batch_size, options_.shuffle, options_.drop_last, options_.generator};
    return iterator(std::make_unique<epoch>(dataset(), order, options_.workers, options_.prefetch_factor, options_.device));
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  /// The number of batches of an epoch.
  [[nodiscard]] extent size() const { return batch_count(static_cast<extent>(dataset().size()), options_.batch_size, options_.drop_last); }
  [[nodiscard]] const dataset_t<D>& dataset() const { return dataset_; }
  [[nodiscard]] const loader_options& options() const { return options_; }

 private:
  void check() const {
    expect<rule::known, a_sample_is_a_tensor_or_a_number_or_a_tuple_or_struct_of_them<sample_of<dataset_t<D>>>>();
    const auto at_least = [](const char* name, extent value, extent least) {
      if (value < least)
        raise<value_error>({"tessera::data::loader: ", name, " is ", value, " and must be at least ", least});
    };
    at_least("batch_size", options_.batch_size, 1);
    at_least("workers", options_.workers, 0);
    at_least("prefetch_factor", options_.prefetch_factor, 1);
  }

  D dataset_;
  loader_options options_;
};

}  // namespace data
}  // namespace tessera
