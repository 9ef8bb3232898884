// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the benchmarks of LibTorch share.

#include <support/cases.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace at {

/// Some of the numbers of a result, for measure::add.
inline void append(measure::sample& to, const Tensor& result) {
  const Tensor flat = result.detach().contiguous();
  AT_DISPATCH_ALL_TYPES(flat.scalar_type(), "append", [&] { measure::append(to, ArrayRef<scalar_t>(flat.const_data_ptr<scalar_t>(), static_cast<std::size_t>(flat.numel()))); });
}

}  // namespace at

namespace peers {

/// The numbers of measure::numbers in a tensor.
template <class T = float>
[[nodiscard]] at::Tensor numbers(at::IntArrayRef shape) {
  auto values = measure::numbers<T>(c10::multiply_integers(shape));
  return at::from_blob(values.data(), shape, c10::CppTypeToScalarType<T>::value).clone();
}
[[nodiscard]] inline at::Tensor integers(std::vector<std::int64_t> values) {
  return at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kLong).clone();
}

/// Registers what LibTorch does without gradients.
template <class Prepare>
void add_torch(const std::string& name, measure::work w, Prepare prepare) {
  at::set_num_threads(measure::threads());
  measure::add(name, "LibTorch", w, [=] {
    return [run = prepare()]() mutable {
      const c10::InferenceMode guard;
      return run();
    };
  });
}
/// Registers what it does with the gradients of some leaves. prepare() returns what records and sweeps, and the leaves in a tuple.
template <class Prepare>
void add_torch_training(const std::string& name, measure::work w, Prepare prepare) {
  at::set_num_threads(measure::threads());
  measure::add(name, "LibTorch", w, [=] {
    return [all = prepare()]() mutable {
      auto& [run, leaves] = all;
      std::apply([](auto&... leaf) { (leaf.mutable_grad().reset(), ...); }, leaves);
      std::apply(run, leaves);
      return std::apply([](auto&... leaf) { return std::tuple(leaf.grad()...); }, leaves);
    };
  });
}

}  // namespace peers
