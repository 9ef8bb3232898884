// SPDX-License-Identifier: BSL-1.0
#include "digits.hpp"

#include <tessera/io/idx.hpp>
#include <tessera/numeric/random.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <string_view>

namespace digits {

namespace {

constexpr float mean_of_mnist = 0.1307f, deviation_of_mnist = 0.3081f;

samples uninitialized(ts::extent count) {
  return {ts::tensor<float, ts::shape<ts::dyn, 784>>::uninitialized(ts::shape<ts::dyn, 784>{count}),
          ts::tensor<std::int64_t, ts::shape<ts::dyn>>::uninitialized(ts::shape<ts::dyn>{count})};
}

/// The first `count` samples, and those behind them.
std::pair<samples, samples> split(const samples& all, ts::extent count) {
  const auto part = [&](ts::extent from, ts::extent to) {
    samples s = uninitialized(to - from);
    std::copy(all.images.data() + from * 784, all.images.data() + to * 784, s.images.mutable_data());
    std::copy(all.labels.data() + from, all.labels.data() + to, s.labels.mutable_data());
    return s;
  };
  return {part(0, count), part(count, all.labels.size())};
}

/// The segments of a digit on a display of seven, as lines between corners: x to the right, y downwards, from -1 to 1.
struct line {
  float x0, y0, x1, y1;
};
constexpr line segments[] = {{-1, -1, 1, -1}, {1, -1, 1, 0}, {1, 0, 1, 1}, {-1, 1, 1, 1}, {-1, 0, -1, 1}, {-1, -1, -1, 0}, {-1, 0, 1, 0}};
constexpr unsigned segments_of_digit[] = {0b0111111, 0b0000110, 0b1011011, 0b1001111, 0b1100110, 0b1101101, 0b1111101, 0b0000111, 0b1111111, 0b1101111};

float distance(float x, float y, const line& s) {
  const float dx = s.x1 - s.x0, dy = s.y1 - s.y0;
  const float t = std::clamp(((x - s.x0) * dx + (y - s.y0) * dy) / (dx * dx + dy * dy), 0.f, 1.f);
  return std::hypot(x - s.x0 - t * dx, y - s.y0 - t * dy);
}

/// One pair of IDX files of MNIST, plain or packed.
samples read(const std::filesystem::path& folder, const std::string& prefix) {
  const auto file = [&](const char* rest) {
    const std::filesystem::path plain = folder / (prefix + rest);
    return std::filesystem::exists(plain) ? plain : std::filesystem::path(plain.string() + ".gz");
  };
  const auto bytes = ts::io::read_idx<std::uint8_t, ts::shape<ts::dyn, 28, 28>>(file("-images-idx3-ubyte"));
  const auto labels = ts::io::read_idx<std::uint8_t, ts::shape<ts::dyn>>(file("-labels-idx1-ubyte"));
  if (labels.size() != bytes.size(0))
    throw ts::io_error(folder.string() + ": " + std::to_string(bytes.size(0)) + " images and " + std::to_string(labels.size()) + " labels");
  samples s = uninitialized(labels.size());
  std::transform(bytes.begin(), bytes.end(), s.images.mutable_data(), [](std::uint8_t b) { return static_cast<float>(b) / 255.f; });
  std::copy(labels.begin(), labels.end(), s.labels.mutable_data());
  return s;
}

}  // namespace

samples drawn(ts::extent count, std::uint64_t seed) {
  samples s = uninitialized(count);
  ts::generator random(seed);
  const auto between = [&](float from, float to) { return from + (to - from) * random.uniform<float>(); };
  for (ts::extent i = 0; i < count; ++i) {
    const auto digit = static_cast<unsigned>(random.random() % 10);
    unsigned lit = segments_of_digit[digit];
    if (between(0, 1) < 0.08f) lit &= ~(1U << random.random() % 7);
    const float left = between(11, 17), top = between(11, 17), width = between(3, 6), height = between(6, 9);
    const float slant = between(-0.3f, 0.3f), stroke = between(0.12f, 0.3f), ink = between(0.5f, 1);
    float* pixel = s.images.mutable_data() + i * 784;
    for (int row = 0; row < 28; ++row)
      for (int column = 0; column < 28; ++column) {
        const float y = (static_cast<float>(row) - top) / height, x = (static_cast<float>(column) - left) / width + slant * y;
        float nearest = 10;
        for (unsigned k = 0; k < 7; ++k)
          if ((lit >> k & 1U) != 0) nearest = std::min(nearest, distance(x, y, segments[k]));
        const float value = ink * std::clamp(1.5f - nearest / stroke, 0.f, 1.f) + 0.15f * static_cast<float>(random.normal());
        *pixel++ = std::clamp(value, 0.f, 1.f);
      }
    s.labels(i) = digit;
  }
  return s;
}

std::pair<samples, samples> load(const std::string& folder) {
  if (folder.empty()) return {drawn(8000, 1), drawn(2000, 2)};
  if (!std::filesystem::is_directory(folder)) throw ts::io_error(folder + ": no such folder");
  const auto present = [&](const char* name) { return std::filesystem::exists(std::filesystem::path(folder) / name) || std::filesystem::exists(std::filesystem::path(folder) / (std::string(name) + ".gz")); };
  if (present("train-images-idx3-ubyte")) return {read(folder, "train"), read(folder, "t10k")};
  const samples all = read(folder, "t10k");
  return split(all, all.labels.size() * 4 / 5);
}

void normalize(samples& s) {
  for (float* p = s.images.mutable_data(); float& pixel : std::span(p, static_cast<std::size_t>(s.images.size()))) pixel = (pixel - mean_of_mnist) / deviation_of_mnist;
}

std::string draw(const float* image) {
  constexpr std::string_view shades = " .:-=+*#%@";
  std::string text;
  for (int row = 0; row < 28; row += 2) {
    for (int column = 0; column < 28; ++column) {
      const float pixel = (image[row * 28 + column] + image[(row + 1) * 28 + column]) / 2 * deviation_of_mnist + mean_of_mnist;
      text += shades[static_cast<std::size_t>(std::clamp(pixel * 10, 0.f, 9.f))];
    }
    text += '\n';
  }
  return text;
}

}  // namespace digits
