// SPDX-License-Identifier: BSL-1.0
#pragma once
// gpu::graph: a step of work that is captured once and then given to the GPU as a whole.

#include <tessera/autograd/variable.hpp>

#include <any>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tessera::gpu {

namespace detail {

/// A value as a tensor that no graph of gradients knows.
template <Operand X>
[[nodiscard]] tensor<element_t<X>, shape_t<X>> result_of_step(const X& x) {
  return tessera::detach(x);
}

/// The same elements in memory of its own, on a device.
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> copy_to(const tensor<T, S>& x, device where) {
  return tensor<T, S>::adopt(x.captured().copy(where), x.shape());
}
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> moved_to(const tensor<T, S>& x, device where) {
  return x.device() == where ? x : copy_to(x, where);
}

}  // namespace detail

/// A step of work on a GPU, most often of training: gpu::graph step(device, [&](const auto& x, const auto& y) { ...; return loss; }).
/// Each call step(x, y) does the step once, on tensors that may be anywhere, and gives its result as a tensor; factories in it make
/// tensors on the device. The first call does what is written. The second captures it: the GPU's work is written down, and from then
/// on a call gives all of it to the GPU at once, without running what is written. What costs a small step most, the processor's part,
/// is gone.
///   A captured step reads and writes the memory it was captured with. Parameters, the state of optimisers, gradients and random
/// operations are taken care of: an optimiser's options may change between calls, masks differ, manual_seed holds. Where a parameter
/// has moved, or somebody else holds it, its gradient or an argument, or the arguments have other shapes, the call does what is written,
/// as the first one did, and the step is captured anew when that lasts. Other tensors that the step reads must stay as they are; one
/// outside that it assigns anew is not carried from replay to replay; and what it prints or counts happens only when it is run.
///   error  device_error where the step waits for the GPU (item(), printing) or reads the memory of the processor (numbers from
///          randn, a tensor in braces), both while it is captured; where it updates a parameter that an expression holds
///   cost   memory of its own for what the step makes, and for its arguments; a copy of each argument and of the result for each
///          call. Nothing else may use the GPU from another thread while a step is captured. On the processor a call is a plain call
///   like   torch.cuda.graph, torch.cuda.make_graphed_callables
template <class F>
class graph {
 public:
  graph(tessera::device where, F step) : where_(where), step_(std::move(step)) {}
  graph(const graph&) = delete;
  graph& operator=(const graph&) = delete;

  template <class... T, class... S>
  auto operator()(const tensor<T, S>&... x) {
    const with_device on(where_);
#if TESSERA_HAS_GPU
    if (where_.is_gpu()) return run(x...);
#endif
    return as_written(x...);
  }

  /// How often a captured step was done.
  [[nodiscard]] long replays() const noexcept { return replays_; }

 private:
  template <class... X>
  auto as_written(const X&... x) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const X&...>>) step_(x...);
    else return detail::result_of_step(step_(x...));
  }

#if TESSERA_HAS_GPU
  struct nothing {};
  /// What was captured with arguments of one shape.
  template <class R, class... X>
  struct captured {
    std::tuple<X...> arguments;
    std::conditional_t<std::is_void_v<R>, nothing, std::optional<R>> result;
    capture work;

    captured(int gpu, X... x) : arguments(std::move(x)...), work(gpu) {}
  };

  template <class... X>
  auto run(const X&... x) {
    using R = decltype(as_written(x...));
    using own = captured<R, X...>;
    auto* kept = std::any_cast<std::shared_ptr<own>>(&captured_);
    if (kept != nullptr && !((*kept)->work.holds() && is_alone(**kept))) {
      captured_.reset();
      is_warm_ = false;
    } else if (kept != nullptr && fits(**kept, x...)) {
      return replay(**kept, std::index_sequence_for<X...>{}, x...);
    } else if (captured_.has_value() && ++misses_ > 1) {  // it was captured for what has become rare
      captured_.reset();
    }
    if (is_warm_ && !captured_.has_value()) {
      auto fresh = std::make_shared<own>(where_.index(), detail::copy_to(x, where_)...);
      fresh->work.record([&] {
        if constexpr (std::is_void_v<R>) std::apply(step_, std::as_const(fresh->arguments));
        else fresh->result.emplace(detail::result_of_step(std::apply(step_, std::as_const(fresh->arguments))));
      });
      captured_ = fresh;
      return replay(*fresh, std::index_sequence_for<X...>{}, x...);
    }
    is_warm_ = true;
    return as_written(detail::moved_to(x, where_)...);
  }
  /// Does nobody hold an argument that the next replay overwrites?
  template <class Own>
  [[nodiscard]] static bool is_alone(const Own& own) {
    return std::apply([](const auto&... argument) { return (true && ... && (argument.captured().references() <= 2)); }, own.arguments);  // 2: and this handle
  }
  template <class Own, class... X>
  [[nodiscard]] static bool fits(const Own& own, const X&... x) {
    return std::apply([&](const auto&... argument) { return (true && ... && (argument.shape() == x.shape())); }, own.arguments);
  }
  template <class Own, std::size_t... I, class... X>
  auto replay(Own& own, std::index_sequence<I...>, const X&... x) {
    (std::get<I>(own.arguments).captured().assign(x.captured()), ...);
    own.work.replay();
    ++replays_;
    misses_ = 0;
    if constexpr (requires { *own.result; }) return detail::copy_to(*own.result, where_);
  }

  std::any captured_;
  bool is_warm_ = false;
  int misses_ = 0;
#endif

  const tessera::device where_;
  F step_;
  long replays_ = 0;
};

}  // namespace tessera::gpu
