// SPDX-License-Identifier: BSL-1.0
// The same seeds give PyTorch's numbers. golden.inc was written by support/random_golden.py.
#include <tessera/numeric/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

namespace tessera::tests {
namespace {

#include "golden.inc"

/// The numbers that `fill(pointer, count)` writes are those of the list, to a relative error.
template <class T, std::size_t N, class Fill>
void check_fill(const T (&wanted)[N], double tolerance, Fill fill) {
  std::vector<T> got(N + 1, T(1));
  fill(got.data(), std::int64_t{N});
  for (std::size_t i = 0; i < N; ++i) {
    CAPTURE(i);
    CHECK(std::abs(static_cast<double>(got[i]) - static_cast<double>(wanted[i])) <= tolerance * std::max(0.1, std::abs(static_cast<double>(wanted[i]))));
  }
  CHECK(got[N] == T(1));
}
template <std::size_t N, class Fill>
void check_fill(const bool (&wanted)[N], Fill fill) {
  bool got[N + 1];
  got[N] = true;
  fill(static_cast<bool*>(got), std::int64_t{N});
  CHECK(std::equal(wanted, wanted + N, got));
  CHECK(got[N]);
}

TEST_CASE("generator: the words of four seeds are PyTorch's") {
  const auto check = [](std::uint64_t seed, std::span<const std::int32_t> words, std::span<const std::int64_t> long_words) {
    CAPTURE(seed);
    generator random(seed);
    CHECK(random.initial_seed() == seed);
    for (const std::int32_t word : words) CHECK((random.random() & 0x7fffffffu) == static_cast<std::uint32_t>(word));
    for (const std::int64_t word : long_words) CHECK(random_integer(random) == word);
  };
  check(0, words_0, long_words_0);
  check(1, words_1, long_words_1);
  check(20240607, words_20240607, long_words_20240607);
  check(4294967303, words_4294967303, long_words_4294967303);  // of a seed the engine uses 32 bits
  generator random(11);
  for (int i = 0; i < 699; ++i) static_cast<void>(random.random());
  CHECK((random.random() & 0x7fffffffu) == static_cast<std::uint32_t>(word_700[0]));
}

TEST_CASE("generator: one without a seed has PyTorch's") {
  generator random;
  CHECK(random.initial_seed() == default_initial_seed);
  check_fill(default_stream, 0, [&](float* out, std::int64_t n) { fill_uniform(random, out, n); });
}

TEST_CASE("fill_uniform: torch.rand and uniform_, bit for bit") {
  const auto check = [](auto& plain, auto& stretched) {
    generator random(3);
    check_fill(plain, 0, [&](auto* out, std::int64_t n) { fill_uniform(random, out, n); });
    check_fill(stretched, 0, [&](auto* out, std::int64_t n) { fill_uniform(random, out, n, -2.5, 0.7); });
  };
  generator random(3);
  check_fill(rand_float, 0, [&](float* out, std::int64_t n) { fill_uniform(random, out, n); });
  check_fill(uniform_float, 0, [&](float* out, std::int64_t n) { fill_uniform(random, out, n, -2.5f, 0.7f); });
  check(rand_double, uniform_double);
}

/// PyTorch's float32 kernels have a logarithm and a sine of their own.
template <class T>
constexpr double normal_tolerance = sizeof(T) == 4 ? 3e-6 : 1e-14;

template <class T, class... Lists>
void check_normal(generator& random, double center, double deviation, const Lists&... lists) {
  (check_fill(lists, normal_tolerance<T>, [&](T* out, std::int64_t n) { fill_normal(random, out, n, center, deviation); }), ...);
}

TEST_CASE("fill_normal: torch.randn and normal_ below, at and above 16 elements") {
  generator random(4);
  check_normal<float>(random, 0, 1, randn_float_1, randn_float_2, randn_float_5, randn_float_15, randn_float_16, randn_float_17, randn_float_24, randn_float_31, randn_float_40);
  check_normal<float>(random, 1.5, 0.25, normal_float_7, normal_float_20);
  random.manual_seed(4);
  check_normal<double>(random, 0, 1, randn_double_1, randn_double_2, randn_double_5, randn_double_15, randn_double_16, randn_double_17, randn_double_24, randn_double_31, randn_double_40);
  check_normal<double>(random, 1.5, 0.25, normal_double_7, normal_double_20);
}

TEST_CASE("fill_normal: the spare number of a pair outlives other draws, and a seed forgets it") {
  const auto check = [](auto zero, auto& first, auto& between, auto& second, auto& third, auto& fourth, auto& fifth, auto& seeded) {
    using T = decltype(zero);
    generator random(5);
    check_normal<T>(random, 0, 1, first);
    check_fill(between, 0, [&](T* out, std::int64_t n) { fill_uniform(random, out, n); });
    check_normal<T>(random, 0, 1, second, third, fourth, fifth);
    random.manual_seed(6);
    check_normal<T>(random, 0, 1, seeded);
  };
  check(0.0f, spare_float_first, spare_float_between, spare_float_second, spare_float_third, spare_float_fourth, spare_float_fifth, spare_float_seeded);
  check(0.0, spare_double_first, spare_double_between, spare_double_second, spare_double_third, spare_double_fourth, spare_double_fifth, spare_double_seeded);
}

TEST_CASE("fill_integers: torch.randint for every dtype, and from 2^28 on with two words each") {
  generator random(7);
  const auto draw = [&](std::int64_t low, std::int64_t high) {
    return [&random, low, high](auto* out, std::int64_t n) { fill_integers(random, out, n, low, high); };
  };
  check_fill(randint_small, 0, draw(0, 10));
  check_fill(randint_negative, 0, draw(-100, 100));
  check_fill(randint_below_wide, 0, draw(0, (1 << 28) - 1));
  check_fill(randint_wide, 0, draw(0, 1 << 28));
  check_fill(randint_widest, 0, draw(-(std::int64_t{1} << 62), std::int64_t{1} << 62));
  check_fill(randint_int32, 0, draw(-5, 6));
  check_fill(randint_uint8, 0, draw(0, 256));
  check_fill(randint_float, 0, draw(0, 100));
  check_fill(randint_double, 0, draw(-50, 50));
  check_fill(randint_bool, draw(0, 2));
}

TEST_CASE("fill_permutation: torch.randperm") {
  generator random(8);
  const auto permute = [&](auto* out, std::int64_t n) { fill_permutation(random, out, n); };
  check_fill(randperm_1, 0, permute);
  check_fill(randperm_2, 0, permute);
  check_fill(randperm_10, 0, permute);
  check_fill(randperm_100, 0, permute);
  std::vector<std::int64_t> many = permutation(random, 20000);
  CHECK(std::equal(std::begin(randperm_20000_first), std::end(randperm_20000_first), many.begin()));
  std::sort(many.begin(), many.end());
  for (std::size_t i = 0; i < many.size(); ++i) REQUIRE(many[i] == static_cast<std::int64_t>(i));
  check_fill(after_randperm, 0, [&](float* out, std::int64_t n) { fill_uniform(random, out, n); });
  CHECK(permutation(random, 0).empty());
}

TEST_CASE("fill_bernoulli: bernoulli_(p) and torch.bernoulli(probabilities)") {
  generator random(9);
  const auto flip = [&](auto* out, std::int64_t n) { fill_bernoulli(random, out, n, 0.3); };
  check_fill(bernoulli_float, 0, flip);
  check_fill(bernoulli_int64, 0, flip);
  check_fill(bernoulli_bool, flip);
  const auto flip_each = [&]<class T>(T* out, std::int64_t n) {
    std::vector<T> p(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) p[static_cast<std::size_t>(i)] = static_cast<T>(i) / static_cast<T>(n - 1);
    fill_bernoulli(random, out, n, p.data());
  };
  check_fill(bernoulli_each_float, 0, flip_each);
  check_fill(bernoulli_each_double, 0, flip_each);
  check_fill(after_bernoulli, 0, [&](float* out, std::int64_t n) { fill_uniform(random, out, n); });
}

TEST_CASE("generator: a copy and a saved state continue the same stream") {
  generator random(21);
  static_cast<void>(random.normal());  // leaves a spare
  static_cast<void>(random.next_philox());
  for (int i = 0; i < 700; ++i) static_cast<void>(random.random());
  const generator::state_type saved = random.state();
  generator copy = random, other(1);
  other.set_state(saved);
  CHECK(other.state() == saved);
  CHECK(other.initial_seed() == 21);
  const auto draw = [](generator& from) {
    std::vector<double> numbers{from.normal(), from.uniform<double>(), from.normal(), from.normal(), static_cast<double>(from.uniform<float>()), static_cast<double>(from.random())};
    numbers.push_back(from.next_philox().uniform<double>(5));
    return numbers;
  };
  const std::vector<double> wanted = draw(random);
  CHECK(draw(copy) == wanted);
  CHECK(draw(other) == wanted);
  CHECK(random.state() == other.state());
  CHECK_FALSE(random.state() == saved);
  random.set_state(saved);
  CHECK(draw(random) == wanted);
}

TEST_CASE("generator: each philox has a stream of its own and takes nothing from the generator's") {
  generator random(3), untouched(3);
  const philox first = random.next_philox(), second = random.next_philox();
  CHECK(first.seed() == 3);
  CHECK(first.offset() != second.offset());
  CHECK(first.block(0) != second.block(0));
  CHECK(random.random() == untouched.random());
  random.manual_seed(3);
  CHECK(random.next_philox().block(9) == first.block(9));
}

TEST_CASE("manual_seed: seeds this thread's generator and no other") {
  CHECK(&manual_seed(17) == &default_generator());
  CHECK(default_generator().initial_seed() == 17);
  generator twin(17);
  std::uint64_t seed_elsewhere = 17;
  std::thread([&] { seed_elsewhere = default_generator().initial_seed(); }).join();
  CHECK(seed_elsewhere != 17);
  CHECK(default_generator().random() == twin.random());
}

TEST_CASE("fill_uniform: every number is in the interval, the end excluded") {
  generator random(1);
  std::vector<float> x(20000);
  fill_uniform(random, x.data(), 20000, 1.f, std::nextafter(1.f, 2.f));
  CHECK(std::all_of(x.begin(), x.end(), [](float v) { return v == 1; }));
  fill_uniform(random, x.data(), 20000, -3.f, 5.f);
  CHECK(*std::min_element(x.begin(), x.end()) >= -3);
  CHECK(*std::max_element(x.begin(), x.end()) < 5);
  CHECK(std::accumulate(x.begin(), x.end(), 0.0) / 20000 == doctest::Approx(1).epsilon(0.05));
  fill_uniform(random, x.data(), 3, 2.f, 2.f);
  CHECK((x[0] == 2 && x[1] == 2 && x[2] == 2));
  fill_uniform(random, x.data(), 0);
  CHECK(x[0] == 2);
}

TEST_CASE("fill_normal: mean, deviation and tails") {
  generator random(2);
  std::vector<double> x(100000);
  fill_normal(random, x.data(), 100000, 3, 2);
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / 100000;
  double square = 0;
  for (const double v : x) square += (v - mean) * (v - mean);
  CHECK(mean == doctest::Approx(3).epsilon(0.01));
  CHECK(std::sqrt(square / 100000) == doctest::Approx(2).epsilon(0.01));
  const auto beyond = std::count_if(x.begin(), x.end(), [](double v) { return std::abs(v - 3) > 2 * 1.959964; });
  CHECK(static_cast<double>(beyond) == doctest::Approx(5000).epsilon(0.06));
  CHECK(std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); }));
  fill_normal(random, x.data(), 40, 7, 0);
  CHECK(std::all_of(x.begin(), x.begin() + 40, [](double v) { return v == 7; }));
}

TEST_CASE("random: an argument out of range is an error that says so, and draws nothing") {
  generator random(1);
  const generator::state_type before = random.state();
  float x[4] = {9, 9, 9, 9};
  std::uint8_t bytes[4] = {};
  CHECK_THROWS_WITH_AS(fill_uniform(random, x, 4, 1.f, 0.f), "tessera::fill_uniform: [1, 0) must have from <= to and a finite width", value_error);
  CHECK_THROWS_AS(fill_uniform(random, x, 4, std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()), value_error);
  CHECK_THROWS_AS(fill_uniform(random, x, 4, 0.f, std::numeric_limits<float>::quiet_NaN()), value_error);
  CHECK_THROWS_WITH_AS(fill_normal(random, x, 4, 0, -1), "tessera::fill_normal: the standard deviation is -1 and must be at least 0", value_error);
  CHECK_THROWS_WITH_AS(fill_integers(random, x, 4, 3, 3), "tessera::fill_integers: low is 3 and must be less than high, which is 3", value_error);
  CHECK_THROWS_WITH_AS(fill_integers(random, bytes, 4, -1, 3), "tessera::fill_integers: -1 to 2 do not fit in uint8", value_error);
  CHECK_THROWS_AS(fill_integers(random, bytes, 4, 0, 257), value_error);
  CHECK_THROWS_AS(fill_integers(random, x, 4, 0, (1 << 24) + 2), value_error);
  CHECK_THROWS_WITH_AS(fill_permutation(random, bytes, 257), "tessera::fill_permutation: 0 to 256 do not fit in uint8", value_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(permutation(random, -1)), "tessera::permutation: count is -1 and must be at least 0", value_error);
  CHECK_THROWS_WITH_AS(fill_bernoulli(random, x, 4, 1.5), "tessera::fill_bernoulli: probability is 1.5 and must be in [0, 1]", value_error);
  CHECK_THROWS_AS(fill_bernoulli(random, x, 4, std::numeric_limits<double>::quiet_NaN()), value_error);
  CHECK(random.state() == before);
  CHECK((x[0] == 9 && x[3] == 9));
  const double bad[] = {0.5, 2};
  CHECK_THROWS_WITH_AS(fill_bernoulli(random, x, 2, bad), "tessera::fill_bernoulli: probability 1 is 2 and must be in [0, 1]", value_error);
}

}  // namespace
}  // namespace tessera::tests
