// SPDX-License-Identifier: BSL-1.0
#pragma once
// The order in which an epoch visits the samples: drawn from the same numbers as PyTorch's DataLoader, RandomSampler and
// BatchSampler draw it.

#include <tessera/numeric/random.hpp>
#include <tessera/shape/extents.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace tessera::data {

/// How one epoch is cut into batches.
struct epoch_options {
  extent size = 0;
  extent batch_size = 1;
  bool shuffle = false;
  bool drop_last = false;
  /// Null: the calling thread's default generator.
  tessera::generator* generator = nullptr;
};

/// The number of batches of an epoch.
[[nodiscard]] constexpr extent batch_count(extent size, extent batch_size, bool drop_last) {
  return size / batch_size + (!drop_last && size % batch_size != 0 ? 1 : 0);
}

/// The batches of one epoch as lists of indices.
class epoch_order {
 public:
  /// Draws the seed of the workers and, for a shuffle, the order. Without a generator of its own the order comes from a
  /// new one, whose seed is a second draw from the default generator.
  explicit epoch_order(const epoch_options& options) : options_(options) { draw(); }

  /// Worker w seeds its default generator with base_seed() + w.
  [[nodiscard]] std::int64_t base_seed() const { return base_seed_; }
  [[nodiscard]] extent batches() const { return batch_count(options_.size, options_.batch_size, options_.drop_last); }
  /// The indices of one batch.
  [[nodiscard]] std::span<const std::int64_t> batch(extent number) const {
    const extent first = number * options_.batch_size;
    return std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(options_.batch_size, options_.size - first)));
  }
  /// Has to be called once for each batch from 0 on, and once more at the end. The request that finds no full batch draws a
  /// second order and throws it away, from a given generator only: RandomSampler does, so that the next epoch agrees.
  void request(extent number) const {
    if (options_.shuffle && options_.generator != nullptr && number == options_.size / options_.batch_size)
      static_cast<void>(permutation(*options_.generator, options_.size));
  }

 private:
  TESSERA_COLD_ONCE void draw() {
    generator& source = options_.generator != nullptr ? *options_.generator : default_generator();
    base_seed_ = random_integer(source);
    if (!options_.shuffle) {
      order_.resize(static_cast<std::size_t>(options_.size));
      std::iota(order_.begin(), order_.end(), std::int64_t{0});
    } else if (options_.generator != nullptr) {
      order_ = permutation(source, options_.size);
    } else {
      generator own(static_cast<std::uint64_t>(random_integer(source)));
      order_ = permutation(own, options_.size);
    }
  }

  epoch_options options_;
  std::int64_t base_seed_;
  std::vector<std::int64_t> order_;
};

}  // namespace tessera::data
