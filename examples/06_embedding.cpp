// SPDX-License-Identifier: BSL-1.0
// Chapter 6, embedding: an application that happens to contain a neural network. It sees a class of standard types
// (06_embedding/felt_temperature.hpp) and holds it to what any component must keep: errors are exceptions, threads do not
// get in each other's way, memory is not taken again and again, and nobody prints or changes anything behind its back.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <latch>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "06_embedding/felt_temperature.hpp"
#include "06_embedding/formula.hpp"
#include "06_embedding/train.hpp"
#include "06_embedding/watch.hpp"
#include "support/check.hpp"

/// The greatest difference between predictions and the formula over random weather, one prediction at a time.
struct outcome {
  double worst = 0;
  long allocations = 0;
};
outcome compare(const felt_temperature& model, unsigned seed, int times) {
  std::minstd_rand random(seed);
  std::uniform_real_distribution<float> temperature(2, 38), humidity(5, 95), wind(0.5f, 9.5f);
  outcome o;
  const auto one = [&] {
    const std::array measured{temperature(random), humidity(random), wind(random)};
    std::array<float, 1> felt{};
    model.predict(measured, felt);
    o.worst = std::max(o.worst, static_cast<double>(std::abs(felt[0] - steadman(measured[0], measured[1], measured[2]))));
  };
  one();  // the first call on a thread fetches memory from the system, which the later ones use again
  const long before = allocations();
  for (int i = 0; i < times; ++i) one();
  o.allocations = allocations() - before;
  return o;
}

void predictions(const felt_temperature& model) {
  std::puts("1. Predictions");
  const std::vector<float> measured{30, 80, 1, /**/ 30, 20, 8, /**/ 5, 50, 9};  // any number of rows
  std::vector<float> felt(3);
  model.predict(measured, felt);
  for (std::size_t i = 0; i < 3; ++i) {
    const float *m = measured.data() + 3 * i, truth = steadman(m[0], m[1], m[2]);
    std::printf("%2.0f °C, %2.0f %%, %.0f m/s feel like %5.1f °C (by the formula %5.1f)\n", m[0], m[1], m[2], felt[i], truth);
    check(std::abs(felt[i] - truth) < 0.5f, "within half a degree");
  }
}

void errors(const felt_temperature& model) {
  std::puts("2. Errors");
  std::array<float, 2> felt{-1, -1};
  const auto too_few = error_of<std::runtime_error>([&] { model.predict(std::array{20.f, 50.f, 3.f, 25.f}, felt); });
  std::puts(too_few.c_str());
  check(!too_few.empty() && felt[0] == -1, "four measurements are not two rows of three");
  const auto bytes = felt_temperature::built_in();
  const auto cut = error_of<std::runtime_error>([&] { const felt_temperature broken(bytes.first(bytes.size() - 4)); });
  std::puts(cut.c_str());
  check(!cut.empty(), "a model that was cut short is refused");
}

void threads(const felt_temperature& model) {
  std::puts("3. Two threads");
  std::array<outcome, 2> outcomes;
  std::latch start(2);
  {
    const auto work = [&](unsigned i) {
      start.arrive_and_wait();
      outcomes[i] = compare(model, i + 1, 20000);
    };
    const std::jthread first(work, 0U), second(work, 1U);
  }
  for (const outcome& o : outcomes) std::printf("20000 predictions, the worst wrong by %.2f °C, %ld allocations\n", o.worst, o.allocations);
  check(outcomes[0].worst < 0.5 && outcomes[1].worst < 0.5, "both threads predict rightly from one model");
  const bool none = outcomes[0].allocations == 0 && outcomes[1].allocations == 0;
  if (counts_allocations()) check(none, "after the first call, no memory is taken from the system");
}

void manners(const felt_temperature& model) {
  std::puts("4. Manners");
  const auto everything = [&] {
    const felt_temperature other;
    static_cast<void>(compare(other, 3, 10));
    std::array<float, 1> felt{};
    static_cast<void>(error_of<std::runtime_error>([&] { other.predict({}, felt); }));
  };
  check(bytes_printed([] { std::puts("four"); }) == 5 && bytes_printed(everything) == 0, "the library prints nothing");
  // Objects share nothing: another model, with other weights, does not disturb this one.
  std::vector<std::byte> changed(felt_temperature::built_in().begin(), felt_temperature::built_in().end());
  changed.back() ^= std::byte{0x80};  // the sign of the last number
  const felt_temperature other(changed);
  std::array<float, 1> a{}, b{}, c{};
  const std::array measured{20.f, 50.f, 3.f};
  model.predict(measured, a);
  other.predict(measured, b);
  model.predict(measured, c);
  check(a[0] == c[0] && a[0] != b[0], "two models side by side");
}

int main(int argc, char** argv) try {
  if (argc == 3 && std::string_view(argv[1]) == "--train") return train(argv[2]), 0;
  const felt_temperature model;
  predictions(model);
  errors(model);
  threads(model);
  manners(model);
  return checks::result();
} catch (const std::exception& e) {
  std::fprintf(stderr, "06_embedding: %s\n", e.what());
  return 1;
}
