// SPDX-License-Identifier: BSL-1.0
#pragma once
// Convolutions and their gradients by cuDNN.

#include <tessera/backend/items/cudnn.hpp>
#include <tessera/storage/block.hpp>

#if TESSERA_USE_CUDNN

#include <concepts>
#include <optional>

namespace tessera::backend::items::cudnn {

/// The problem in cuDNN's numbers; nothing where they are too large, or there is nothing to add up.
template <std::floating_point T>
[[nodiscard]] std::optional<problem> problem_of(result what, const convolution& c) {
  constexpr extent most = std::numeric_limits<int>::max();
  if (c.x_size() == 0 || c.y_size() == 0 || c.w_size() == 0 || c.x_size() > most || c.y_size() > most || c.w_size() > most) return std::nullopt;
  constexpr bool is_double = std::same_as<T, double>;
  problem p{static_cast<int>(what), is_double, !is_double && tessera::gpu::detail::tf32_allowed, static_cast<int>(c.images), static_cast<int>(c.groups), static_cast<int>(c.in), static_cast<int>(c.out), {}, {}, {}, {}, {}, {}};
  const sliding* const axes[] = {&c.rows, &c.columns};
  for (int i = 0; i < 2; ++i) {
    const sliding& a = *axes[i];
    if (a.stride > most || a.padding > most / 4 || a.dilation > most / a.kernel) return std::nullopt;
    if ((a.input + 2 * a.padding - (a.kernel - 1) * a.dilation - 1) / a.stride + 1 != a.output) return std::nullopt;
    p.input[i] = static_cast<int>(a.input), p.output[i] = static_cast<int>(a.output), p.kernel[i] = static_cast<int>(a.kernel);
    p.stride[i] = static_cast<int>(a.stride), p.padding[i] = static_cast<int>(a.padding), p.dilation[i] = static_cast<int>(a.dilation);
  }
  return p;
}

/// The plan of a problem, made when the problem is first met.
[[nodiscard]] inline const plan& plan_of(context& with, const problem& what) {
  for (const plan& known : with.plans)
    if (known.of == what) return known;
  plan p;
  p.of = what;
  describe(p, what.is_double == 0 && what.tf32 == 0 ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH);
  if (what.of == static_cast<int>(result::y))
    choose<cudnnConvolutionFwdAlgoPerf_t>(
        p, [&](int n, int* count, auto* to) { return cudnnGetConvolutionForwardAlgorithm_v7(with.handle, p.x, p.w, p.how, p.y, n, count, to); },
        [&](auto algorithm, std::size_t* bytes) { return cudnnGetConvolutionForwardWorkspaceSize(with.handle, p.x, p.w, p.how, p.y, algorithm, bytes); });
  else if (what.of == static_cast<int>(result::dx))
    choose<cudnnConvolutionBwdDataAlgoPerf_t>(
        p, [&](int n, int* count, auto* to) { return cudnnGetConvolutionBackwardDataAlgorithm_v7(with.handle, p.w, p.y, p.how, p.x, n, count, to); },
        [&](auto algorithm, std::size_t* bytes) { return cudnnGetConvolutionBackwardDataWorkspaceSize(with.handle, p.w, p.y, p.how, p.x, algorithm, bytes); });
  else
    choose<cudnnConvolutionBwdFilterAlgoPerf_t>(
        p, [&](int n, int* count, auto* to) { return cudnnGetConvolutionBackwardFilterAlgorithm_v7(with.handle, p.x, p.y, p.how, p.w, n, count, to); },
        [&](auto algorithm, std::size_t* bytes) { return cudnnGetConvolutionBackwardFilterWorkspaceSize(with.handle, p.x, p.y, p.how, p.w, algorithm, bytes); });
  with.plans.push_back(p);
  return with.plans.back();
}

/// Calls run(context, plan, workspace) where cuDNN has an algorithm for the problem; false where it has none.
template <std::floating_point T, class Run>
[[nodiscard]] bool with_plan(result what, const convolution& c, Run&& run) {
  if (!current_device().is_gpu()) return false;
  const auto wanted = problem_of<T>(what, c);
  if (!wanted) return false;
  const int gpu = current_device().index();
  const tessera::gpu::chosen scope(gpu);
  context& with = of(gpu);
  const std::lock_guard lock(with.access);
  with.make(gpu);
  const plan& p = plan_of(with, *wanted);
  if (!p.is_possible) return false;
  const block workspace(p.workspace);
  run(with.handle, p, workspace.data());
  return true;
}

/// y = x * w + bias, the bias perhaps null. False where it is not computed here.
template <std::floating_point T>
[[nodiscard]] bool convolve(const convolution& c, const T* x, const T* w, const T* bias, T* y) {
  return with_plan<T>(result::y, c, [&](cudnnHandle_t with, const plan& p, void* workspace) {
    const T one = 1, none = 0;
    check(cudnnConvolutionForward(with, &one, p.x, x, p.w, w, p.how, static_cast<cudnnConvolutionFwdAlgo_t>(p.algorithm), workspace, p.workspace, &none, p.y, y));
    if (bias != nullptr) check(cudnnAddTensor(with, &one, p.bias, bias, &one, p.y, y));
  });
}
/// The adjoint with respect to x.
template <std::floating_point T>
[[nodiscard]] bool convolve_input(const convolution& c, const T* dy, const T* w, T* dx) {
  return with_plan<T>(result::dx, c, [&](cudnnHandle_t with, const plan& p, void* workspace) {
    const T one = 1, none = 0;
    check(cudnnConvolutionBackwardData(with, &one, p.w, w, p.y, dy, p.how, static_cast<cudnnConvolutionBwdDataAlgo_t>(p.algorithm), workspace, p.workspace, &none, p.x, dx));
  });
}
/// The adjoint with respect to w.
template <std::floating_point T>
[[nodiscard]] bool convolve_weight(const convolution& c, const T* dy, const T* x, T* dw) {
  return with_plan<T>(result::dw, c, [&](cudnnHandle_t with, const plan& p, void* workspace) {
    const T one = 1, none = 0;
    check(cudnnConvolutionBackwardFilter(with, &one, p.x, x, p.y, dy, p.how, static_cast<cudnnConvolutionBwdFilterAlgo_t>(p.algorithm), workspace, p.workspace, &none, p.w, dw));
  });
}

}  // namespace tessera::backend::items::cudnn

#endif  // TESSERA_USE_CUDNN
