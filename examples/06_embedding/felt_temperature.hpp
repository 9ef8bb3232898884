// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the application sees of its model: a class of standard types. That a neural network is behind it, and which library
// runs it, stays in one translation unit, so that nothing else waits for its headers to compile.

#include <cstddef>
#include <memory>
#include <span>

struct network;

/// The temperature that people feel, from measurements. The object owns all there is: no global state is read or written,
/// and any number of threads may predict at once.
class felt_temperature {
 public:
  static constexpr std::size_t measurements = 3;  // temperature in °C, relative humidity in %, wind in m/s

  /// The model of these bytes.
  ///   error  std::runtime_error saying what is wrong with them
  explicit felt_temperature(std::span<const std::byte> model = built_in());
  ~felt_temperature();
  felt_temperature(felt_temperature&&) noexcept;
  felt_temperature& operator=(felt_temperature&&) noexcept;

  /// Writes a felt temperature in °C for each three measurements.
  ///   error  std::runtime_error unless there are three measurements for each result; nothing is written
  void predict(std::span<const float> measured, std::span<float> felt) const;

  /// The trained model that is part of the program.
  [[nodiscard]] static std::span<const std::byte> built_in();

 private:
  std::unique_ptr<const network> network_;
};
