// SPDX-License-Identifier: BSL-1.0
#pragma once
// PyTorch's numbers for modules and losses, and the inputs that both sides make by one formula.

#include <tessera/autograd/variable.hpp>
#include <tessera/nn/module.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace tessera::tests {

#include "golden.inc"

/// sin(i * step + offset).
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> wave(S shape, double step, double offset) {
  auto x = tensor<T, S>::uninitialized(shape);
  for (extent i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<T>(std::sin(static_cast<double>(i) * step + offset));
  return x;
}

/// The names of a model's parameters, in order.
template <class M>
[[nodiscard]] std::vector<std::string> parameter_names(const M& model) {
  std::vector<std::string> all;
  for (const nn::named_parameter& p : nn::parameters(model)) all.push_back(p.name);
  return all;
}

/// Are the elements of x the expected numbers, to a relative error?
template <class X>
void check_close(const X& x, std::span<const double> expected, double tolerance) {
  REQUIRE(static_cast<std::size_t>(x.size()) == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const double value = static_cast<double>(x.data()[i]);
    if (std::isnan(expected[i])) CHECK(std::isnan(value));
    else CHECK(std::abs(value - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])));
  }
}

}  // namespace tessera::tests
