// SPDX-License-Identifier: BSL-1.0
#pragma once
// Shape rules shared by many operations, as plain functions on extents. A rule runs twice: on patterns, where a negative
// extent is a size the compiler does not know, to find the type of the result; and on the actual extents, to find its size.

#include <tessera/core/error.hpp>
#include <tessera/shape/axes.hpp>
#include <tessera/shape/extents.hpp>
#include <tessera/shape/shape.hpp>

#include <optional>
#include <string>

namespace tessera::rule {

/// May two extents be the same size? Equal numbers and equal names do, an unnamed unknown may be anything, a name may be
/// a number, and two different names never are.
[[nodiscard]] constexpr bool may_equal(extent a, extent b) {
  if (a == b) return true;
  if (is_known(a) && is_known(b)) return false;
  return !(is_named(a) && is_named(b));
}

/// What is known of a size that both a and b describe: a number before a name before nothing.
[[nodiscard]] constexpr extent meet(extent a, extent b) {
  if (is_known(a)) return a;
  if (is_known(b)) return b;
  return is_named(a) ? a : b;
}

/// NumPy's broadcasting on patterns: axes align at the end, and only an extent of 1 that the type knows stretches.
/// Nothing when the shapes do not fit.
[[nodiscard]] constexpr std::optional<extents> broadcast(const extents& a, const extents& b) {
  extents out = extents::filled(a.rank > b.rank ? a.rank : b.rank, 1);
  for (int i = 1; i <= out.rank; ++i) {
    const extent x = i <= a.rank ? a[a.rank - i] : 1;
    const extent y = i <= b.rank ? b[b.rank - i] : 1;
    extent& z = out[out.rank - i];
    if (x == 1) z = y;
    else if (y == 1) z = x;
    else if (may_equal(x, y)) z = meet(x, y);
    else return std::nullopt;
  }
  return out;
}

namespace detail {
[[noreturn]] TESSERA_COLD_ONCE void refuse_join(const char* operation, const extents& joined, const extents& actual, int axis) {
  const bool stretches = joined[axis] == 1 || actual[axis - joined.rank + actual.rank] == 1;
  raise<shape_error>({"tessera::", operation, ": shapes ", joined, " and ", actual, " differ at axis ", axis,
                     (stretches ? "; an extent of 1 known only at run time stretches through broadcast_to" : "")});
}
}  // namespace detail

/// The run-time half of broadcast: joins one more operand to the extents found so far, dyn where nothing is known yet.
///   error  shape_error that names the operation, both shapes and the axis
inline void join_values(const char* operation, extents& joined, const extents& actual, const extents& pattern) {
  for (int i = 0; i < actual.rank; ++i) {
    const int axis = joined.rank - actual.rank + i;
    if (pattern[i] == 1 || joined[axis] == actual[i]) continue;
    if (joined[axis] != dyn) detail::refuse_join(operation, joined, actual, axis);
    joined[axis] = actual[i];
  }
}

/// Strides of a contiguous operand of shape `own` inside the space `whole`, aligned at the end: 0 along axes that stretch.
constexpr void stretch(const extents& own, const extents& strides, const extents& whole, extent* out) {
  for (int i = 0; i < whole.rank; ++i) {
    const int j = i - (whole.rank - own.rank);
    out[i] = j < 0 || (own[j] == 1 && whole[j + whole.rank - own.rank] != 1) ? 0 : strides[j];
  }
}

/// The shape without the axes in the mask, or with 1 in their place.
[[nodiscard]] constexpr extents reduce(const extents& s, unsigned mask, bool keep) {
  extents out;
  for (int i = 0; i < s.rank; ++i) {
    if ((mask >> i & 1U) == 0) out.push_back(s[i]);
    else if (keep) out.push_back(1);
  }
  return out;
}

/// The shape with its axes in the given order.
[[nodiscard]] constexpr extents permute(const extents& s, const extents& order) {
  extents out;
  for (extent a : order) out.push_back(s[static_cast<int>(a < 0 ? a + s.rank : a)]);
  return out;
}

/// The wanted shape with `infer` replaced. Nothing when the number of elements cannot match.
[[nodiscard]] constexpr std::optional<extents> reshape(const extents& from, extents wanted) {
  const extent total = count(from);
  extent known = 1;
  int open = -1;
  bool unknown = false;
  for (int i = 0; i < wanted.rank; ++i) {
    if (wanted[i] == infer) {
      if (open >= 0) return std::nullopt;
      open = i;
    } else if (is_known(wanted[i])) {
      known *= wanted[i];
    } else {
      unknown = true;
    }
  }
  if (open >= 0) {
    if (total >= 0 && !unknown) {
      if (known == 0 || total % known != 0) return std::nullopt;
      wanted[open] = total / known;
    } else {
      // What stays when equal factors are struck from both sides, if that is one extent: [B, 28, 28] to [infer, 784] is [B, 784].
      extent rest = dyn, product = 1;
      int names = 0;
      for (extent e : from) {
        if (is_known(e)) product *= e;
        else rest = e, ++names;
      }
      wanted[open] = names == 1 && !unknown && product == known ? rest : dyn;
    }
    return wanted;
  }
  if (total >= 0 && !unknown && total != known) return std::nullopt;
  return wanted;
}

/// [batch..., m, k] times [batch..., k, n], with NumPy's rules for one axis. Nothing when they do not fit.
[[nodiscard]] constexpr std::optional<extents> matmul(const extents& a, const extents& b) {
  if (a.rank == 0 || b.rank == 0) return std::nullopt;
  const extent inner_a = a.back();
  const extent inner_b = b.rank == 1 ? b[0] : b[b.rank - 2];
  if (!may_equal(inner_a, inner_b)) return std::nullopt;
  extents batch_a = a, batch_b = b;
  batch_a.rank = a.rank > 2 ? a.rank - 2 : 0;
  batch_b.rank = b.rank > 2 ? b.rank - 2 : 0;
  const std::optional<extents> batch = broadcast(batch_a, batch_b);
  if (!batch) return std::nullopt;
  extents out = *batch;
  if (a.rank > 1) out.push_back(a[a.rank - 2]);
  if (b.rank > 1) out.push_back(b.back());
  return out;
}

}  // namespace tessera::rule
