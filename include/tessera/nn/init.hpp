// SPDX-License-Identifier: BSL-1.0
#pragma once
// Initialisation of parameters with PyTorch's numbers: the same seed gives the same weights.

#include <tessera/nn/parameter.hpp>
#include <tessera/numeric/random.hpp>

#include <cmath>

namespace tessera::nn {

namespace detail {
inline thread_local bool draws_numbers = true;
}

/// Modules made on this thread until the end of the scope start with zeros and draw no random numbers: for a model whose
/// parameters are about to be loaded. like torch.nn.utils.skip_init
class skip_init {
 public:
  skip_init() noexcept : before_(detail::draws_numbers) { detail::draws_numbers = false; }
  ~skip_init() { detail::draws_numbers = before_; }
  skip_init(const skip_init&) = delete;
  skip_init& operator=(const skip_init&) = delete;

 private:
  bool before_;
};

namespace detail {
/// Calls write on the elements of a GPU's parameter, which go to the processor and back.
template <Element T, Shape S, class F>
TESSERA_COLD void with_remote_elements(parameter<T, S>& p, const F& write) {
  const tensor<T, S> there = p.value();
  auto here = tensor<T, S>::adopt(there.captured().copy(device::cpu()), p.shape());
  write(std::span<T>(here.mutable_data(), static_cast<std::size_t>(here.size())));
  p = tensor<T, S>::adopt(here.captured().copy(there.device()), p.shape());
}
/// Calls write on the elements of a parameter, wherever it is.
template <Element T, Shape S, class F>
[[gnu::always_inline]] inline void with_elements(parameter<T, S>& p, const F& write) {
  if constexpr (has_gpu)
    if (p.value().device().is_gpu()) return with_remote_elements(p, write);
  write(p.mutable_span());
}

// Once for each element type, whatever the shape.
template <std::floating_point T>
TESSERA_COLD void draw_uniform(std::span<T> to, double from, double until, generator& random) {
  if (draws_numbers) fill_uniform(random, to.data(), static_cast<extent>(to.size()), static_cast<T>(from), static_cast<T>(until));
}
template <std::floating_point T>
TESSERA_COLD void draw_normal(std::span<T> to, double center, double deviation, generator& random) {
  if (draws_numbers) fill_normal(random, to.data(), static_cast<extent>(to.size()), center, deviation);
}
template <std::floating_point T>
TESSERA_COLD void draw_kaiming_uniform(std::span<T> to, extent fan_in, double a, generator& random) {
  if (fan_in == 0) return;
  // Evaluated in this order in double: the last bit of the bound decides the last bit of every weight.
  const double gain = std::sqrt(2.0 / (1 + a * a));
  const double bound = std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(fan_in)));
  draw_uniform(to, -bound, bound, random);
}
template <std::floating_point T>
TESSERA_COLD void draw_affine(std::span<T> weight, std::span<T> bias, extent fan_in, generator& random) {
  draw_kaiming_uniform(weight, fan_in, std::sqrt(5.0), random);
  const double bound = fan_in > 0 ? 1 / std::sqrt(static_cast<double>(fan_in)) : 0;
  draw_uniform(bias, -bound, bound, random);
}

TESSERA_INSTANTIATE(float, void draw_uniform<float>(std::span<float>, double, double, generator&))
TESSERA_INSTANTIATE(float, void draw_normal<float>(std::span<float>, double, double, generator&))
TESSERA_INSTANTIATE(float, void draw_kaiming_uniform<float>(std::span<float>, extent, double, generator&))
TESSERA_INSTANTIATE(float, void draw_affine<float>(std::span<float>, std::span<float>, extent, generator&))
}  // namespace detail

namespace init {

/// Numbers uniform in [from, to). like torch.nn.init.uniform_
template <Element T, Shape S>
void uniform(parameter<T, S>& p, double from, double to, generator& random = default_generator()) {
  nn::detail::with_elements(p, [&](std::span<T> x) { nn::detail::draw_uniform(x, from, to, random); });
}

/// Normal numbers. like torch.nn.init.normal_
template <Element T, Shape S>
void normal(parameter<T, S>& p, double center = 0, double deviation = 1, generator& random = default_generator()) {
  nn::detail::with_elements(p, [&](std::span<T> x) { nn::detail::draw_normal(x, center, deviation, random); });
}

/// Uniform numbers whose variance keeps that of a rectifier of slope `a` below 0 (He et al. 2015). `fan_in` is the number
/// of inputs of one output. like torch.nn.init.kaiming_uniform_
template <Element T, Shape S>
void kaiming_uniform(parameter<T, S>& p, extent fan_in, double a, generator& random = default_generator()) {
  nn::detail::with_elements(p, [&](std::span<T> x) { nn::detail::draw_kaiming_uniform(x, fan_in, a, random); });
}

/// The weight of a layer by kaiming_uniform with a slope of √5, then its bias, of no elements where there is none, uniform within
/// 1 / √fan_in of 0: what torch.nn.Linear and the convolutions do.
template <Element T, Shape W, Shape B>
void affine(parameter<T, W>& weight, parameter<T, B>& bias, extent fan_in, generator& random = default_generator()) {
  nn::detail::with_elements(weight, [&](std::span<T> w) { nn::detail::with_elements(bias, [&](std::span<T> b) { nn::detail::draw_affine(w, b, fan_in, random); }); });
}

}  // namespace init
}  // namespace tessera::nn
