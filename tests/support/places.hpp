// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every place that tensors can be worked on in this build, besides the widest registers: the reference, the systems of Thrust, and
// GPUs, real or emulated. What they give is compared with what the registers give.

#include <op/check.hpp>
#include <tessera/backend/selector.hpp>

#include <cstdint>
#include <cstdio>

namespace tessera::tests {

/// Calls f(name) with each place selected: tensors made in it are there.
template <class F>
void for_each_place(F&& f) {
  constexpr std::pair<backend::kind, const char*> kinds[] = {
      {backend::kind::scalar, "scalar"}, {backend::kind::thrust_cpp, "thrust_cpp"}, {backend::kind::thrust_omp, "thrust_omp"}, {backend::kind::thrust_tbb, "thrust_tbb"}};
  for (const auto& [kind, name] : kinds)
    if (backend::is_available(kind)) {
      const backend::scope chosen(kind);
      f(name);
    }
  if (has_gpu && gpu::count() == 0) std::puts("no GPU");
  for (int i = 0; i < gpu::count(); ++i) {
    const with_device on(device::gpu(i));
    f(i == 0 ? "gpu:0" : "another gpu");
  }
}

/// The same tensor at the selected place.
template <Element T, Shape S>
[[nodiscard]] tensor<T, S> placed(const tensor<T, S>& x) {
  return tensor<T, S>::adopt(x.captured().copy(current_device()), x.shape());
}

/// The elements of a tensor or variable, wherever they are.
template <Element T, Shape S>
[[nodiscard]] std::vector<double> numbers_of(const tensor<T, S>& x) {
  const auto here = tensor<T, S>::adopt(x.captured().copy(device::cpu()), x.shape());  // at once: each copy from a GPU waits
  std::vector<double> all;
  for (extent i = 0; i < x.size(); ++i) all.push_back(static_cast<double>(here.element_at(i)));
  return all;
}
template <class X>
[[nodiscard]] std::vector<double> numbers_of(const X& x) {
  return numbers_of(x.value());
}

/// The value, the gradients of the fused and of the recorded sweep, and the second derivatives of a function at the selected place.
template <Element T, Shape R, Shape... S>
[[nodiscard]] std::vector<std::vector<double>> derivatives_here(const erased<T, R, S...>& f, const tensor<T, S>&... inputs) {
  const auto number = [](auto shape, int k) {
    return placed([&] {
      const with_device on(device::cpu());
      return operand_of<T>(shape, k);
    }());
  };
  const std::tuple<variable<T, S>...> x{variable<T, S>(placed(inputs))...};
  std::vector<std::vector<double>> all;
  const auto add = [&](auto& each) {
    all.push_back(each.has_grad() ? numbers_of(each.grad()) : std::vector<double>(static_cast<std::size_t>(each.size())));
    each.zero_grad();
  };
  const variable<T, R> y = std::apply(f, x);
  all.push_back(numbers_of(y.value()));
  const auto incoming = number(y.shape(), cotangent_number);
  y.backward(incoming, retain_graph);
  std::apply([&](auto... each) { (add(each), ...); }, x);
  y.backward(incoming, create_graph);
  variable<T, shape<>> total(placed(tensor<T, shape<>>::made({}, [](T* to) { *to = T(0); })));
  int k = second_number;
  const auto replace = [&](auto& leaf) {
    const int own = k++;
    if (!leaf.has_grad()) return;
    const variable gradient = leaf.grad_variable();
    all.push_back(numbers_of(gradient.value()));
    leaf.zero_grad();
    if (gradient.requires_grad()) total = total + sum(gradient * number(gradient.shape(), own));
  };
  std::apply([&](auto... each) { (replace(each), ...); }, x);
  total.backward();
  std::apply([&](auto... each) { (add(each), ...); }, x);
  return all;
}

/// Every place gives the value and the derivatives that the widest registers give.
template <Element T, class Call, Shape... S>
void check_places(const std::string& title, const Call& call, const tensor<T, S>&... inputs) {
  const auto f = erase_call<T, S...>(call);
  const auto wanted = derivatives_here(f, inputs...);
  for_each_place([&](const char* name) {
    const auto got = derivatives_here(f, inputs...);
    REQUIRE(got.size() == wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) check_numbers(title + " on " + name + ", list " + std::to_string(i), got[i], wanted[i], tolerance<T>);
  });
}

/// A case of the list of operations, in float and in double.
template <class Case>
void check_case_at_places(const Case& op) {
  static constexpr domain of[3];
  std::apply(
      [&](auto... shapes) {
        const std::string title = title_of(op.torch, {shapes.values()...});
        std::apply([&](const auto&... x) { check_places<float>(title, op.call, x...); }, operands_of<float>(of, shapes...));
        std::apply([&](const auto&... x) { check_places<double>(title, op.call, x...); }, operands_of<double>(of, shapes...));
      },
      op.shapes);
}

}  // namespace tessera::tests
