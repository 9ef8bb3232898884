// SPDX-License-Identifier: BSL-1.0
#pragma once
// A strided matrix operand and the scratch memory that products pack it into.

#include <tessera/shape/extents.hpp>
#include <tessera/storage/pool.hpp>

#include <cstddef>

namespace tessera::backend {

/// Element (i, j) lies at data[i * row_stride + j * column_stride]; strides may be 0 or negative.
template <class T>
struct matrix {
  const T* data;
  extent row_stride;
  extent column_stride;

  [[nodiscard]] constexpr matrix transposed() const noexcept { return {data, column_stride, row_stride}; }
  [[nodiscard]] constexpr const T* at(extent row, extent column) const noexcept {
    return data + row * row_stride + column * column_stride;
  }
};

/// Uninitialised numbers from the pool of this thread; none is a null pointer.
template <class T>
class scratch {
 public:
  explicit scratch(extent count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)),
        data_(count == 0 ? nullptr : static_cast<T*>(pool::allocate(bytes_))) {}
  ~scratch() {
    if (data_ != nullptr) pool::release(data_, bytes_);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  [[nodiscard]] T* data() const noexcept { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace tessera::backend
