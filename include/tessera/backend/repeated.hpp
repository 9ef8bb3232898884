// SPDX-License-Identifier: BSL-1.0
#pragma once
// A right operand that many products share, as the weights of a recurrent layer are: laid out once, so that no product copies it.

#include <tessera/backend/gemm.hpp>
#include <tessera/backend/lanes.hpp>

#include <algorithm>

namespace tessera::backend {
inline namespace TESSERA_ARCH {

/// A matrix [k, n] in blocks that gemm reads in place; its rows are filled up with zeros to whole registers V, so that no product
/// computes an edge aside. `m` is the number of rows that are multiplied at a time.
template <class V, class T = lane_t<V>>
class repeated {
 public:
  repeated(extent m, extent k, extent n, matrix<T> b) : k_(k), across_((n + width<V> - 1) / width<V> * width<V>), blocks_(k * across_) {
    constexpr extent pair = 2 * width<V>, most = 32768;  // elements of a block: of no more gemm makes no copy
    columns_ = k * across_ <= most || m <= 3 ? across_ : std::max(pair, most / k / pair * pair);
    rows_ = m <= 3 ? k : std::max<extent>(1, std::min(k, most / columns_));
    for_each_block([&](T* to, extent row, extent rows, extent column, extent columns) {
      constexpr extent line = 16;  // so many columns at a time: neither side jumps with every element
      for (extent first = 0; first < columns; first += line)
        for (extent p = 0; p < rows; ++p) {
          const extent end = std::min(first + line, columns), known = std::clamp<extent>(n - column, first, end);
          for (extent j = first; j < known; ++j) to[p * columns + j] = *b.at(row + p, column + j);
          for (extent j = known; j < end; ++j) to[p * columns + j] = T(0);
        }
    });
  }

  /// The columns of a product, zeros at the end included.
  [[nodiscard]] extent across() const { return across_; }
  /// Writes a [m, k], its rows next to each other, times the matrix to c [m, across()].
  void multiply(extent m, const T* a, T* c) const {
    // Rows a power of two apart evict each other from the nearest cache: they are moved apart.
    const bool collides = m > 3 && k_ * static_cast<extent>(sizeof(T)) % 1024 == 0;
    const extent step = collides ? k_ + 64 / static_cast<extent>(sizeof(T)) : k_;
    const scratch<T> apart(collides ? m * step : 0);
    for (extent i = 0; collides && i < m; ++i) std::copy_n(a + i * k_, k_, apart.data() + i * step);
    if (collides) a = apart.data();
    for_each_block([&](const T* block, extent row, extent rows, extent column, extent columns) {
      gemm<T>(m, columns, rows, {a + row, step, 1}, {block, columns, 1}, c + column, across_, row > 0);
    });
  }

 private:
  template <class F>
  void for_each_block(F&& f) const {
    for (extent column = 0; column < across_; column += columns_)
      for (extent row = 0; row < k_; row += rows_) {
        const extent columns = std::min(columns_, across_ - column), rows = std::min(rows_, k_ - row);
        f(blocks_.data() + column * k_ + row * columns, row, rows, column, columns);
      }
  }

  extent k_, across_, columns_ = 0, rows_ = 0;
  scratch<T> blocks_;
};

}  // namespace TESSERA_ARCH
}  // namespace tessera::backend
