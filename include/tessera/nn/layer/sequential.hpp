// SPDX-License-Identifier: BSL-1.0
#pragma once
// Modules one after the other.

#include <tessera/nn/module.hpp>

namespace tessera::nn {

/// sequential model{linear<784, 128>{}, relu{}, linear<128, 10>{}}: each module reads what the one before it gave. Its
/// parameters are named "0.weight", "2.weight" and so on.
///   like  torch.nn.Sequential
template <class... Modules>
class sequential {
 public:
  sequential() = default;
  explicit sequential(Modules... module)
    requires(sizeof...(Modules) > 0)
      : modules_(std::move(module)...) {}

  [[nodiscard]] auto operator()(const auto& x) const { return from<0>(x); }

  /// Module number I.
  template <std::size_t I>
  [[nodiscard]] auto& get() { return std::get<I>(modules_); }
  template <std::size_t I>
  [[nodiscard]] const auto& get() const { return std::get<I>(modules_); }

  void fields(auto&& visit) {
    std::size_t i = 0;
    std::apply([&](auto&... module) { (visit(std::to_string(i++), module), ...); }, modules_);
  }

 private:
  template <std::size_t I, class X>
  [[nodiscard]] auto from(const X& x) const {
    if constexpr (I == sizeof...(Modules)) return x;
    else return from<I + 1>(std::get<I>(modules_)(x));
  }
  std::tuple<Modules...> modules_;
};

}  // namespace tessera::nn
