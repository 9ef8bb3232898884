// SPDX-License-Identifier: BSL-1.0
#pragma once
// Philox4x32-10: random words as a function of their index, so that a mask is computed again instead of stored.

#include <tessera/core/config.hpp>

#include <concepts>
#include <cstdint>

namespace tessera {

/// Four random words, or the four words of a counter.
struct philox_block {
  std::uint32_t word[4];
  friend constexpr bool operator==(const philox_block&, const philox_block&) = default;
};

/// The block cipher itself: ten rounds over a counter with a key of two words (Salmon et al., SC'11).
[[nodiscard]] TESSERA_FN constexpr philox_block philox4x32(philox_block counter, std::uint32_t key0,
                                                           std::uint32_t key1) noexcept {
  std::uint32_t a = counter.word[0], b = counter.word[1], c = counter.word[2], d = counter.word[3];
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53u} * a;
    const std::uint64_t second = std::uint64_t{0xCD9E8D57u} * c;
    a = static_cast<std::uint32_t>(second >> 32) ^ b ^ key0;
    b = static_cast<std::uint32_t>(second);
    c = static_cast<std::uint32_t>(first >> 32) ^ d ^ key1;
    d = static_cast<std::uint32_t>(first);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{a, b, c, d}};
}

/// Where a stream that is replayed finds its seed and the first of its offsets.
struct philox_state {
  std::uint64_t seed, offset;
};

/// A stream of random numbers that can be read at any index, in any order, on any device. Different seeds and different
/// offsets give independent streams: one offset per call of a random operation.
class philox {
 public:
  explicit TESSERA_FN constexpr philox(std::uint64_t seed, std::uint64_t offset = 0) noexcept
      : seed_(seed), offset_(offset) {}

  /// The stream whose seed and offset are read when its numbers are: `number` offsets behind the one in memory. For work on a GPU that
  /// is captured once and done many times.
  [[nodiscard]] static philox replayed(const philox_state* from, std::uint64_t number) noexcept {
    static_assert(sizeof(from) <= sizeof(std::uint64_t));
    return philox(reinterpret_cast<std::uintptr_t>(from), number | is_replayed);
  }

  /// The four words of block number n: those of the elements 4n to 4n + 3.
  [[nodiscard]] TESSERA_FN constexpr philox_block block(std::uint64_t n) const noexcept {
    if constexpr (has_gpu)
      if ((offset_ & is_replayed) != 0) {
        const philox_state& now = *reinterpret_cast<const philox_state*>(static_cast<std::uintptr_t>(seed_));
        return philox(now.seed, now.offset + (offset_ & ~is_replayed)).words(n);
      }
    return words(n);
  }

  /// The 32 bits of an element.
  [[nodiscard]] TESSERA_FN constexpr std::uint32_t bits(std::uint64_t index) const noexcept {
    return block(index / 4).word[index % 4];
  }

  /// The number of an element, uniform in [0, 1): 24 bits of one word for float; for double 53 bits of two words, where a
  /// block serves two elements.
  template <std::floating_point T>
  [[nodiscard]] TESSERA_FN constexpr T uniform(std::uint64_t index) const noexcept {
    return from_block<T>(block(index / per_block<T>), index % per_block<T>);
  }

  /// Writes uniform(first), uniform(first + 1)...: the same numbers, with each block computed once.
  template <std::floating_point T>
  TESSERA_FN constexpr void fill_uniform(std::uint64_t first, T* out, std::int64_t count) const noexcept {
    const std::uint64_t end = first + static_cast<std::uint64_t>(count);
    for (std::uint64_t index = first; index < end;) {
      const philox_block words = block(index / per_block<T>);
      do *out++ = from_block<T>(words, index % per_block<T>);
      while (++index < end && index % per_block<T> != 0);
    }
  }

  [[nodiscard]] TESSERA_FN constexpr std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] TESSERA_FN constexpr std::uint64_t offset() const noexcept { return offset_; }

 private:
  static constexpr std::uint64_t is_replayed = std::uint64_t{1} << 63;  // of offset_; seed_ is an address then

  [[nodiscard]] TESSERA_FN constexpr philox_block words(std::uint64_t n) const noexcept {
    return philox4x32({{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32),
                        static_cast<std::uint32_t>(offset_), static_cast<std::uint32_t>(offset_ >> 32)}},
                      static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32));
  }

  template <class T>
  static constexpr std::uint64_t per_block = sizeof(T) == 4 ? 4 : 2;

  template <class T>
  [[nodiscard]] TESSERA_FN static constexpr T from_block(const philox_block& words, std::uint64_t which) noexcept {
    if constexpr (sizeof(T) == 4) {
      // Through a signed number: registers convert those in one instruction.
      return static_cast<T>(static_cast<std::int32_t>(words.word[which] >> 8)) * T(0x1p-24);
    } else {
      const std::uint64_t joined = std::uint64_t{words.word[2 * which]} << 32 | words.word[2 * which + 1];
      return static_cast<T>(static_cast<std::int64_t>(joined >> 11)) * T(0x1p-53);
    }
  }

  std::uint64_t seed_;
  std::uint64_t offset_;
};

}  // namespace tessera
