// SPDX-License-Identifier: BSL-1.0
#pragma once
// The task: Steadman's apparent temperature (Australian Bureau of Meteorology), which the network learns from examples.

#include <cmath>

/// The felt temperature in °C at a temperature in °C, a relative humidity in % and a wind in m/s.
[[nodiscard]] inline float steadman(float temperature, float humidity, float wind) {
  const float vapour = humidity / 100 * 6.105f * std::exp(17.27f * temperature / (237.7f + temperature));
  return temperature + 0.33f * vapour - 0.7f * wind - 4;
}
