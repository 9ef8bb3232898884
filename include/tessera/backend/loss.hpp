// SPDX-License-Identifier: BSL-1.0
#pragma once
// The classes that rows of logits are compared with, as numbers that every backend reads.

#include <tessera/core/config.hpp>
#include <tessera/shape/extents.hpp>

#include <cstdint>

namespace tessera::backend {

/// Of each row a label, of each class perhaps a weight: what a row's loss is made of.
template <class T>
struct class_targets {
  const std::int64_t* labels;
  const T* weight;  // of each class; null where all are 1
  std::int64_t ignore_index;
  double smoothing;
  extent classes;

  [[nodiscard]] TESSERA_INLINE T weight_of(extent c) const { return weight != nullptr ? weight[c] : T(1); }
  [[nodiscard]] TESSERA_INLINE bool is_ignored(extent row) const { return labels[row] == ignore_index; }
  /// The same or no class at all, which only a GPU meets.
  [[nodiscard]] TESSERA_INLINE bool is_left_out(extent row) const { return is_ignored(row) || labels[row] < 0 || labels[row] >= classes; }
  /// q of the label beyond what every class has, and what a class has by smoothing.
  [[nodiscard]] TESSERA_INLINE T share_of_label(extent row) const { return static_cast<T>(1 - smoothing) * weight_of(labels[row]); }
  [[nodiscard]] TESSERA_INLINE T share_of_class(extent c) const { return static_cast<T>(smoothing / static_cast<double>(classes)) * weight_of(c); }
  /// The sum of q over the classes of a row.
  [[nodiscard]] T total_share(extent row) const {
    T total = share_of_label(row);
    if (smoothing != 0)
      for (extent c = 0; c < classes; ++c) total += share_of_class(c);
    return total;
  }
};

}  // namespace tessera::backend
