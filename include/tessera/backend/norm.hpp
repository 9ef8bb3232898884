// SPDX-License-Identifier: BSL-1.0
#pragma once
// Norms of rows, and rows made shorter: what one element adds, for whoever goes along them.

#include <tessera/numeric/lane.hpp>

namespace tessera::backend {

/// Rows whose p-norm is above `most` are made that long.
struct shortening {
  double most, p;
  bool largest;  // p is infinite

  [[nodiscard]] TESSERA_FN double part(double x) const {
    const double size = lane::abs(x);
    return largest || p == 1 ? size : p == 2 ? size * size : lane::pow(size, p);
  }
  [[nodiscard]] TESSERA_FN double join(double a, double b) const { return largest ? lane::maximum(a, b) : a + b; }
  [[nodiscard]] TESSERA_FN double norm(double total) const { return largest || p == 1 ? total : p == 2 ? lane::sqrt(total) : lane::pow(total, 1 / p); }
  /// What a row of this norm is multiplied by.
  [[nodiscard]] TESSERA_FN double scale(double norm) const { return most / (norm + 1e-7); }
};

}  // namespace tessera::backend
