// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Mersenne Twister MT19937: the engine behind PyTorch's CPU random numbers, word for word.

#include <cstdint>

namespace tessera {

/// Makes 32-bit words in the order of PyTorch's CPU generator (and of std::mt19937). Copying it copies the stream.
class mt19937 {
 public:
  using result_type = std::uint32_t;
  static constexpr int state_size = 624;

  /// Everything the engine knows: words used so far stand before `position`; at state_size a new block is due.
  struct state_type {
    std::uint32_t word[state_size];
    std::uint32_t position;
    friend constexpr bool operator==(const state_type&, const state_type&) = default;
  };

  /// Starts the stream of a seed, of which only the low 32 bits count, as in PyTorch.
  explicit constexpr mt19937(std::uint64_t seed_value = 5489) noexcept : state_{} { seed(seed_value); }

  /// Starts the stream of a seed again.
  constexpr void seed(std::uint64_t value) noexcept {
    std::uint32_t* word = state_.word;
    word[0] = static_cast<std::uint32_t>(value);
    for (std::uint32_t i = 1; i < state_size; ++i)
      word[i] = 1812433253u * (word[i - 1] ^ (word[i - 1] >> 30)) + i;
    state_.position = state_size;
  }

  /// The next 32 bits.
  constexpr std::uint32_t operator()() noexcept {
    if (state_.position >= state_size) next_block();
    std::uint32_t y = state_.word[state_.position++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }

  /// The next 64 bits: two words, the first one in the upper half, as PyTorch joins them.
  constexpr std::uint64_t random64() noexcept {
    const std::uint64_t upper = (*this)();
    return upper << 32 | (*this)();
  }

  /// The state, to be put back with set_state.
  [[nodiscard]] constexpr const state_type& state() const noexcept { return state_; }
  /// Continues where a saved state stood. Any position from 0 to state_size is meaningful, a larger one counts as the last.
  constexpr void set_state(const state_type& saved) noexcept { state_ = saved; }

  [[nodiscard]] static constexpr std::uint32_t min() noexcept { return 0; }
  [[nodiscard]] static constexpr std::uint32_t max() noexcept { return 0xffffffffu; }

  friend constexpr bool operator==(const mt19937&, const mt19937&) = default;

 private:
  // The top bit of one word and the others of the next, times the matrix of the recurrence.
  [[nodiscard]] static constexpr std::uint32_t twist(std::uint32_t a, std::uint32_t b) noexcept {
    return (((a & 0x80000000u) | (b & 0x7fffffffu)) >> 1) ^ ((0u - (b & 1u)) & 0x9908b0dfu);
  }

  // Apart, so that operator() stays small enough to be inlined.
  [[gnu::noinline]] constexpr void next_block() noexcept {
    constexpr int distance = 397;
    std::uint32_t* word = state_.word;
    for (int i = 0; i < state_size - distance; ++i) word[i] = word[i + distance] ^ twist(word[i], word[i + 1]);
    for (int i = state_size - distance; i < state_size - 1; ++i)
      word[i] = word[i + distance - state_size] ^ twist(word[i], word[i + 1]);
    word[state_size - 1] = word[distance - 1] ^ twist(word[state_size - 1], word[0]);
    state_.position = 0;
  }

  state_type state_;
};

}  // namespace tessera
