// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random numbers as PyTorch's CPU gives them: the same seed fills contiguous memory with the same numbers. What takes part
// is one stream of words per generator, read in the order of the elements; nothing here is split over threads.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/numeric/mt19937.hpp>
#include <tessera/numeric/philox.hpp>

#include <atomic>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace tessera {

/// torch.Generator: a stream of random numbers. Copying it copies the stream, the spare normal number included, so a copy
/// is also how a state is saved and put back. Not to be used by two threads at once.
class generator {
 public:
  /// The seed of a generator that was given none, as torch.Generator().
  static constexpr std::uint64_t default_seed = 67280421310721u;

  explicit constexpr generator(std::uint64_t seed = default_seed) noexcept : engine_(seed), seed_(seed) {}

  /// Starts the stream of a seed and forgets the spare normal number. Returns itself, as torch.Generator.manual_seed.
  constexpr generator& manual_seed(std::uint64_t seed) noexcept { return *this = generator(seed); }

  /// The seed the stream was started with.
  [[nodiscard]] constexpr std::uint64_t initial_seed() const noexcept { return seed_; }

  /// The next 32 bits.
  constexpr std::uint32_t random() noexcept { return engine_(); }
  /// The next 64 bits, made of two words.
  constexpr std::uint64_t random64() noexcept { return engine_.random64(); }

  /// The next number in [0, 1): 24 bits of one word for float, 53 bits of two words for double.
  template <std::floating_point T>
  constexpr T uniform() noexcept {
    // Through signed numbers, which every instruction set converts in one instruction.
    if constexpr (std::same_as<T, float>) return static_cast<float>(static_cast<std::int32_t>(random() & 0xffffffu)) * 0x1p-24f;
    else return static_cast<T>(static_cast<std::int64_t>(random64() & ((std::uint64_t{1} << 53) - 1))) * T(0x1p-53);
  }

  /// The next standard normal number, as tensors of fewer than 16 elements get them. Numbers are made in pairs; the second
  /// waits for the next call, even if other numbers are drawn in between.
  double normal() noexcept {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double u1 = uniform<double>(), u2 = uniform<double>();
    const double radius = std::sqrt(-2.0 * std::log1p(-u2));
    const double angle = two_pi * u1;
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

  /// Numbers for one random operation inside expressions, as dropout is: keyed by the seed and the number of such operations
  /// so far, and never taken from the stream, which PyTorch's initialisation and shuffling read.
  constexpr philox next_philox() noexcept { return philox(seed_, philox_calls_++); }

  /// Every bit the future of the stream depends on.
  struct state_type {
    mt19937::state_type engine;
    std::uint64_t seed;
    std::uint64_t philox_calls;
    double spare_normal;
    bool has_spare_normal;
    friend constexpr bool operator==(const state_type&, const state_type&) = default;
  };
  /// The state, to be written to a file; torch.Generator.get_state, in a layout of its own.
  [[nodiscard]] constexpr state_type state() const noexcept { return {engine_.state(), seed_, philox_calls_, spare_, has_spare_}; }
  /// Continues where a saved state stood.
  constexpr void set_state(const state_type& saved) noexcept {
    engine_.set_state(saved.engine);
    seed_ = saved.seed;
    philox_calls_ = saved.philox_calls;
    spare_ = saved.spare_normal;
    has_spare_ = saved.has_spare_normal;
  }

  static constexpr double two_pi = 6.283185307179586476925;

 private:
  mt19937 engine_;
  std::uint64_t seed_;
  std::uint64_t philox_calls_ = 0;
  double spare_ = 0;
  bool has_spare_ = false;
};

namespace detail {

// A seed that differs between runs and between threads: the clock, the address space and a count, well mixed.
inline std::atomic<std::uint64_t> seeds_made{0};
[[nodiscard]] TESSERA_COLD_ONCE std::uint64_t unpredictable_seed() noexcept {
  std::timespec now{};
  static_cast<void>(std::timespec_get(&now, TIME_UTC));
  const std::uint64_t parts[] = {static_cast<std::uint64_t>(now.tv_sec), static_cast<std::uint64_t>(now.tv_nsec),
                                 reinterpret_cast<std::uintptr_t>(&now), seeds_made.fetch_add(1, std::memory_order_relaxed)};
  std::uint64_t mixed = 0;
  for (const std::uint64_t part : parts) {  // the finalizer of splitmix64
    mixed = (mixed ^ part) + 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    mixed ^= mixed >> 31;
  }
  return mixed;
}

}  // namespace detail

/// The calling thread's generator: torch.default_generator, but one per thread, so that threads neither wait for nor
/// disturb each other. Until manual_seed its seed differs from run to run.
[[nodiscard]] inline generator& default_generator() noexcept {
  thread_local generator instance(detail::unpredictable_seed());
  return instance;
}

/// Seeds the calling thread's generator and returns it: torch.manual_seed.
inline generator& manual_seed(std::uint64_t seed) noexcept { return default_generator().manual_seed(seed); }

/// Fills with numbers uniform in [from, to): torch.rand, torch.Tensor.uniform_. Throws value_error unless from <= to.
template <std::floating_point T>
void fill_uniform(generator& random, T* out, std::int64_t count, std::type_identity_t<T> from = 0,
                  std::type_identity_t<T> to = 1) {
  const T range = to - from;
  if (!(from <= to) || range > std::numeric_limits<T>::max())
    raise<value_error>({"tessera::fill_uniform: [", from, ", ", to, ") must have from <= to and a finite width"});
  for (std::int64_t i = 0; i < count; ++i) {
    const T x = random.template uniform<T>();
    // Rounded once, as PyTorch's builds for AVX2 and later do; nothing is added to 0, so the plain product is the same.
    const T value = from == 0 ? x * range : std::fma(x, range, from);
    out[i] = value == to ? from : value;  // rounding must not reach the excluded end
  }
}

namespace detail {

// The Box-Muller transform of 16 uniform numbers in place: number j and number j + 8 make two normal ones.
template <class T>
void sixteen_normals(T* data, T center, T deviation) noexcept {
  for (int j = 0; j < 8; ++j) {
    const T radius = std::sqrt(T(-2) * std::log(T(1) - data[j]));  // 1 - [0, 1) is never 0
    const T angle = static_cast<T>(generator::two_pi) * data[j + 8];
    data[j] = std::fma(radius * std::cos(angle), deviation, center);
    data[j + 8] = std::fma(radius * std::sin(angle), deviation, center);
  }
}

}  // namespace detail

/// Fills with normal numbers: torch.randn, torch.normal, torch.Tensor.normal_. Throws value_error for a negative deviation. The
/// words drawn are PyTorch's; in float the last digits may differ from its polynomial logarithm and sine.
template <std::floating_point T>
void fill_normal(generator& random, T* out, std::int64_t count, double center = 0, double deviation = 1) {
  if (!(deviation >= 0)) raise<value_error>({"tessera::fill_normal: the standard deviation is ", deviation, " and must be at least 0"});
  if (count < 16) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(std::fma(random.normal(), deviation, center));
    return;
  }
  const auto transform = [&](T* data) { detail::sixteen_normals(data, static_cast<T>(center), static_cast<T>(deviation)); };
  fill_uniform(random, out, count);
  for (std::int64_t i = 0; i + 16 <= count; i += 16) transform(out + i);
  if (count % 16 != 0) {  // the last 16 are drawn anew, those already made among them
    T* last = out + (count - 16);
    fill_uniform(random, last, 16);
    transform(last);
  }
}

/// Fills with integers from low to high - 1: torch.randint, torch.Tensor.random_. Throws value_error unless low < high, or
/// when T cannot hold both ends exactly.
template <Element T>
void fill_integers(generator& random, T* out, std::int64_t count, std::int64_t low, std::int64_t high) {
  if (low >= high)
    raise<value_error>({"tessera::fill_integers: low is ", low, " and must be less than high, which is ", high});
  if constexpr (!std::same_as<T, std::int64_t>) {
    constexpr std::int64_t largest = std::is_integral_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::max())
                                                           : std::int64_t{1} << std::numeric_limits<T>::digits;
    constexpr std::int64_t least =
        std::is_integral_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::min()) : -largest;
    if (low < least || high - 1 > largest)
      raise<value_error>({"tessera::fill_integers: ", low, " to ", high - 1, " do not fit in ", name_of(dtype_of<T>)});
  }
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  // From 2^28 on the remainder of a 32-bit word would prefer small numbers noticeably: PyTorch takes two words there.
  const bool wide = range >= std::uint64_t{1} << 28;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t word = wide ? random.random64() : random.random();
    out[i] = static_cast<T>(static_cast<std::int64_t>(word % range + static_cast<std::uint64_t>(low)));
  }
}

/// One number from 0 to 2^63 - 1: torch.empty((), dtype=torch.int64).random_(), from which PyTorch's DataLoader takes the
/// seeds of its samplers.
inline std::int64_t random_integer(generator& random) noexcept {
  return static_cast<std::int64_t>(random.random64() & (~std::uint64_t{0} >> 1));
}

/// Fills with the numbers 0 to count - 1 in random order: torch.randperm.
template <std::integral T>
  requires Element<T>
void fill_permutation(generator& random, T* out, std::int64_t count) {
  const auto exchange = [&](std::int64_t i, std::int64_t j) {
    const T kept = out[i];
    out[i] = out[j];
    out[j] = kept;
  };
  if (count > 1 && static_cast<std::uint64_t>(count - 1) > static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
    raise<value_error>({"tessera::fill_permutation: 0 to ", count - 1, " do not fit in ", name_of(dtype_of<T>)});
  if (count < std::int64_t{0xffffffff} / 20) {  // below this 32 bits are even enough
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(i);
    for (std::int64_t i = 0; i + 1 < count; ++i) exchange(i, i + static_cast<std::int64_t>(random.random() % (count - i)));
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      out[i] = static_cast<T>(i);
      exchange(i, static_cast<std::int64_t>(random.random64() % static_cast<std::uint64_t>(i + 1)));
    }
  }
}

/// The numbers 0 to count - 1 in random order: torch.randperm. Throws value_error for a negative count.
[[nodiscard]] TESSERA_APART_ONCE std::vector<std::int64_t> permutation(generator& random, std::int64_t count) {
  if (count < 0) raise<value_error>({"tessera::permutation: count is ", count, " and must be at least 0"});
  std::vector<std::int64_t> result(static_cast<std::size_t>(count));
  fill_permutation(random, result.data(), count);
  return result;
}

/// Fills with ones, each with the probability, and zeros: torch.Tensor.bernoulli_(p), the draw behind PyTorch's CPU
/// dropout. Always two words per element, whatever T. Throws value_error unless 0 <= probability <= 1.
///
/// The formula is the one of PyTorch since 2.7; earlier builds for x86 drew scalar probabilities from MKL's own generator.
template <Element T>
void fill_bernoulli(generator& random, T* out, std::int64_t count, double probability) {
  if (!(probability >= 0 && probability <= 1))
    raise<value_error>({"tessera::fill_bernoulli: probability is ", probability, " and must be in [0, 1]"});
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(random.uniform<double>() < probability);
}

/// Fills with ones and zeros, each element with its own probability: torch.bernoulli(probabilities), one word per element
/// for float and two for double. Throws value_error when one is not in [0, 1].
template <Element T, std::floating_point P>
void fill_bernoulli(generator& random, T* out, std::int64_t count, const P* probabilities) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
      raise<value_error>({"tessera::fill_bernoulli: probability ", i, " is ", probabilities[i], " and must be in [0, 1]"});
    out[i] = static_cast<T>(random.template uniform<P>() < probabilities[i]);
  }
}

}  // namespace tessera
