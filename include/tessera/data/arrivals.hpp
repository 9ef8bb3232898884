// SPDX-License-Identifier: BSL-1.0
#pragma once
// Batches on their way to a GPU.

#include <tessera/data/sample.hpp>

#include <optional>
#include <tuple>
#include <utility>

namespace tessera::data::detail {

/// At most one batch that is copied to a device while the work there goes on with another.
template <class Batch>
class arrivals {
 public:
  explicit arrivals(tessera::device where) noexcept : where_(where) {}
  arrivals(const arrivals&) = delete;
  arrivals& operator=(const arrivals&) = delete;
  ~arrivals() {
    if (!next_) return;
    try {
      gpu::memory::join(where_.index());  // the memory is given back behind the copy
    } catch (const error&) {  // the GPU has gone, and the memory with it
    }
  }

  [[nodiscard]] tessera::device device() const noexcept { return where_; }
  [[nodiscard]] bool has_next() const noexcept { return next_.has_value(); }
  /// Starts the copy of a batch in the memory of the processor.
  void send(Batch batch) {
    const gpu::memory::ahead scope;
    const auto one = [this]<class T, class S>(tensor<T, S>& x) { x = tensor<T, S>::adopt(x.captured().copy(where_), x.shape()); };
    std::apply([&](auto&... field) { (one(field), ...); }, fields_of(batch));
    next_.emplace(std::move(batch));
  }
  /// Gives the batch that was sent; the work given from now on waits until it is there.
  void receive(std::optional<Batch>& to) {
    gpu::memory::join(where_.index());
    to = std::exchange(next_, std::nullopt);
  }

 private:
  const tessera::device where_;
  std::optional<Batch> next_;
};

/// Of a build without GPUs.
struct no_arrivals {
  explicit no_arrivals(tessera::device) noexcept {}
};

}  // namespace tessera::data::detail
