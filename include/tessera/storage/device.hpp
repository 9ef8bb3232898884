// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where a block lives.

#include <tessera/core/error.hpp>

#include <string>

namespace tessera {

/// A processor that holds tensors and works on them. It is a property of the storage at run time, never of a type.
class device {
 public:
  enum class kind : unsigned char { cpu, gpu };

  /// The processor the program runs on.
  [[nodiscard]] static constexpr device cpu() noexcept { return device(kind::cpu, 0); }
  /// The GPU with the given index.
  ///   error  device_error in a build without a GPU backend
  [[nodiscard]] static device gpu(int index = 0) {
    raise<device_error>({"tessera::device::gpu(", index, "): this program was built without a GPU backend"});
  }

  [[nodiscard]] constexpr kind type() const noexcept { return kind_; }
  [[nodiscard]] constexpr int index() const noexcept { return index_; }
  friend constexpr bool operator==(device, device) = default;

 private:
  constexpr device(kind k, int index) noexcept : kind_(k), index_(index) {}
  kind kind_;
  int index_;
};

namespace gpu {
/// Can tensors be moved to a GPU? False in a build without a GPU backend.
[[nodiscard]] constexpr bool is_available() noexcept { return false; }
/// The number of GPUs.
[[nodiscard]] constexpr int count() noexcept { return 0; }
}  // namespace gpu

}  // namespace tessera
