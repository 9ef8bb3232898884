// SPDX-License-Identifier: BSL-1.0
#pragma once
// Operations without parameters as modules, for sequential.

#include <tessera/op/elementwise/activation.hpp>
#include <tessera/op/movement/reshape.hpp>
#include <tessera/op/normalize/softmax.hpp>

namespace tessera::nn {

/// A module that applies an elementwise function.
template <const auto& Function>
struct function_module {
  [[nodiscard]] auto operator()(const auto& x) const { return Function(x); }
};

/// Modules of the activations. like torch.nn.ReLU, Sigmoid, Tanh, GELU
using relu = function_module<tessera::relu>;
using sigmoid = function_module<tessera::sigmoid>;
using tanh = function_module<tessera::tanh>;
using gelu = function_module<tessera::gelu>;

/// softmax along an axis. like torch.nn.Softmax
template <int Axis>
struct softmax {
  [[nodiscard]] auto operator()(const auto& x) const { return tessera::softmax(x, axis<Axis>); }
};
/// log_softmax along an axis. like torch.nn.LogSoftmax
template <int Axis>
struct log_softmax {
  [[nodiscard]] auto operator()(const auto& x) const { return tessera::log_softmax(x, axis<Axis>); }
};

/// All axes but the first merged into one. like torch.nn.Flatten
struct flatten {
  [[nodiscard]] auto operator()(const auto& x) const { return tessera::flatten(x, axis<1>); }
};

}  // namespace tessera::nn
