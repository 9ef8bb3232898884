// SPDX-License-Identifier: BSL-1.0
#pragma once
// One extent and a short list of them: the value type that every shape rule computes with, at compile time and at run time.

#include <tessera/core/config.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace tessera {

/// The size of one axis. Negative values stand for sizes that the type does not know.
using extent = std::int64_t;

/// An extent known only at run time, with no name: two of them may or may not be equal.
inline constexpr extent dyn = -1;

/// In reshape, the one extent to be computed from the others.
inline constexpr extent infer = -2;

/// An extent known only at run time that has a name: dim<'B'> is one unknown size wherever it appears.
template <char Name>
inline constexpr extent dim = -256 - extent{Name};

/// The greatest number of axes.
inline constexpr int max_rank = 8;

/// Is this extent known to the compiler?
[[nodiscard]] constexpr bool is_known(extent e) noexcept { return e >= 0; }

/// Does this unknown extent carry a name?
[[nodiscard]] constexpr bool is_named(extent e) noexcept { return e <= -256; }

/// Is this extent stored at run time? Neither a number nor one that is computed from the others is.
[[nodiscard]] constexpr bool is_stored(extent e) noexcept { return !is_known(e) && e != infer; }

/// Copies axis by axis: a list is copied where it has just been written, and a copy of the whole, in one register, would wait until
/// every one of those stores is done. A small operation consisted of such waits. (A loop alone would become a call of memcpy.)
TESSERA_FN constexpr void copy_axes(extent* to, const extent* from, int rank) {
  if (rank <= 0) return;
  to[0] = from[0];
  if (rank == 1) return;
  to[1] = from[1];
  for (int i = 2; i < rank; ++i) to[i] = from[i];
}

/// Up to max_rank extents, or strides, or axes: a literal type that also serves as a template argument.
struct extents {
  int rank = 0;
  extent at[max_rank];

  constexpr extents() : at{} {}
  TESSERA_FN constexpr extents(const extents& other) : rank(other.rank) {
    if (__builtin_is_constant_evaluated())  // std:: of it is no GPU code
      for (int i = rank; i < max_rank; ++i) at[i] = 0;
    copy_axes(at, other.at, rank);
  }
  TESSERA_FN constexpr extents& operator=(const extents& other) {
    rank = other.rank;
    copy_axes(at, other.at, rank);
    return *this;
  }
  constexpr extents(std::initializer_list<extent> list) : extents() {
    for (extent e : list) push_back(e);
  }
  /// `rank` extents, all equal to `value`.
  [[nodiscard]] static constexpr extents filled(int rank, extent value) {
    extents r;
    for (int i = 0; i < rank; ++i) r.push_back(value);
    return r;
  }

  constexpr void push_back(extent e) { at[rank++] = e; }
  [[nodiscard]] constexpr extent& operator[](int i) { return at[i]; }
  [[nodiscard]] constexpr extent operator[](int i) const { return at[i]; }
  [[nodiscard]] constexpr extent* begin() { return at; }
  [[nodiscard]] constexpr extent* end() { return at + rank; }
  [[nodiscard]] constexpr const extent* begin() const { return at; }
  [[nodiscard]] constexpr const extent* end() const { return at + rank; }
  /// The last extent.
  [[nodiscard]] constexpr extent back() const { return at[rank - 1]; }

  friend constexpr bool operator==(const extents& a, const extents& b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; ++i)
      if (a.at[i] != b.at[i]) return false;
    return true;
  }
};

/// More elements than any memory holds: where products of extents stop growing, so that a size never wraps around.
inline constexpr extent largest_count = extent{1} << 58;

namespace detail {
[[nodiscard, gnu::cold, gnu::noinline]] constexpr extent large_product(extent a, extent b) { return b != 0 && a > largest_count / b ? largest_count : a * b; }
/// a * b for numbers that are not negative, at most largest_count.
[[nodiscard]] constexpr extent product(extent a, extent b) { return (a | b) >> 29 == 0 ? a * b : large_product(a, b); }
}  // namespace detail

/// The number of elements, or dyn when an extent is unknown. 1 for no axes.
[[nodiscard]] constexpr extent count(const extents& s) {
  extent n = 1;
  bool known = true;
  for (extent e : s) {
    if (e == 0) return 0;
    if (is_known(e)) n = detail::product(n, e);
    else known = false;
  }
  return known ? n : dyn;
}

/// The strides of a row-major tensor of this shape, in elements.
[[nodiscard, gnu::noinline]] constexpr extents row_major(const extents& s) {
  extents strides = extents::filled(s.rank, 0);
  extent step = 1;
  for (int i = s.rank - 1; i >= 0; --i) {
    strides[i] = step;
    step = detail::product(step, s[i]);
  }
  return strides;
}

/// Appends "[64, 784]", with ? for an unknown extent and the name of a named one.
TESSERA_COLD_ONCE void describe(std::string& out, const extents& s) {
  out += '[';
  for (int i = 0; i < s.rank; ++i) {
    if (i != 0) out += ", ";
    if (is_known(s[i])) out += std::to_string(s[i]);
    else if (is_named(s[i])) out += static_cast<char>(-256 - s[i]);
    else out += '?';
  }
  out += ']';
}
/// The text that describe() appends.
[[nodiscard]] TESSERA_COLD_ONCE std::string to_string(const extents& s) {
  std::string text;
  describe(text, s);
  return text;
}

}  // namespace tessera
