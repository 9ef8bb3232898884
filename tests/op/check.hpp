// SPDX-License-Identifier: BSL-1.0
#pragma once
// Compares the cases of op_list.hpp with PyTorch and with finite differences. The function of a case is erased to its shapes,
// so that what checks it is compiled once for each pattern of shapes and not for each operation.

#include <support/golden.hpp>
#include <tessera/autograd/gradcheck.hpp>

#include <functional>
#include <tuple>

namespace tessera::tests {

/// Numbers of the operands that the formula of the inputs makes, as in golden.py.
inline constexpr int input_number = 0, cotangent_number = 7, second_number = 8;

template <Element T, class Call, Shape... S>
using result_shape = shape_t<decltype(std::declval<const Call&>()(std::declval<const variable<T, S>&>()...))>;

/// A function of variables, whatever it does.
template <Element T, Shape R, Shape... S>
using erased = std::function<variable<T, R>(const variable<T, S>&...)>;

template <Element T, Shape... S, class Call>
[[nodiscard]] auto erase_call(const Call& call) {
  return erased<T, result_shape<T, Call, S...>, S...>([call](const variable<T, S>&... x) { return variable(call(x...)); });
}

/// The name of a case in its golden file.
[[nodiscard]] inline std::string title_of(const char* torch, const std::vector<extents>& shapes) {
  std::string title = torch;
  for (const extents& s : shapes) title += " " + to_string(s);
  return title;
}

[[nodiscard]] inline std::vector<double> as_numbers(const extents& shape) { return {shape.begin(), shape.end()}; }

/// Value, gradients of the fused and of the recorded sweep, and second derivatives, as PyTorch has them.
template <Element T, Shape R, Shape... S>
void check_derivatives(const golden_file& golden, const std::string& title, const erased<T, R, S...>& f, const tensor<T, S>&... inputs) {
  const std::tuple<variable<T, S>...> x{variable<T, S>(inputs)...};
  const auto check_grads = [&](const char* how, const std::string& list) {
    int k = 0;
    std::apply(
        [&](auto... each) {
          (
              [&] {
                const std::string name = list + std::to_string(k++);
                const std::vector<double> zeros(static_cast<std::size_t>(each.size()));
                check_numbers(title + ", " + how + ", " + name, each.has_grad() ? numbers(each.grad()) : zeros, golden.at(title, name), tolerance<T>);
              }(),
              ...);
        },
        x);
  };
  const auto forget = [&] { std::apply([](auto... each) { (each.zero_grad(), ...); }, x); };

  const variable<T, R> y = std::apply(f, x);
  check_numbers(title + ", shape", as_numbers(y.shape().values()), golden.at(title, "shape"), 0);
  check_numbers(title, numbers(y), golden.at(title, "value"), tolerance<T>);
  const auto incoming = operand_of<T>(y.shape(), cotangent_number);
  y.backward(incoming, retain_graph);
  check_grads("fused", "grad");
  forget();
  y.backward(incoming, create_graph);
  check_grads("recorded", "grad");

  variable<T, shape<>> total(T(0));
  int k = second_number;
  std::apply(
      [&](auto... each) {
        const auto add = [&](auto& leaf) {
          const int number = k++;
          if (!leaf.has_grad()) return;
          const variable gradient = leaf.grad_variable();
          leaf.zero_grad();
          if (gradient.requires_grad()) total = total + sum(gradient * operand_of<T>(gradient.shape(), number));
        };
        (add(each), ...);
      },
      x);
  total.backward();
  check_grads("second", "second");
}

/// The same of the plain value: nothing tracked.
template <Element T, class Call, Shape... S>
void check_value(const golden_file& golden, const std::string& title, const Call& call, const tensor<T, S>&... x) {
  const tensor y = call(x...);
  check_numbers(title + ", of tensors", numbers(y), golden.at(title, "value"), tolerance<T>);
}

/// First and second derivatives against finite differences.
template <Shape R, Shape... S>
void check_differences(const std::string& title, const erased<double, R, S...>& f, const tensor<double, S>&... x) {
  const gradcheck_result first = gradcheck(f, x...);
  CHECK_MESSAGE(first, title, ": ", first.message);
  const gradcheck_result second = gradgradcheck(f, x...);
  CHECK_MESSAGE(second, title, ": ", second.message);
}

/// The operands of a case, made by the formula.
template <Element T, Shape... S>
[[nodiscard]] std::tuple<tensor<T, S>...> operands_of(const domain* of, S... shapes) {
  int k = 0;
  const auto make = [&](auto shape) {
    const int number = k++;
    return operand_of<T>(shape, input_number + number, of[number]);
  };
  return {make(shapes)...};
}

/// Everything above, in float and in double, of a function of operands of these shapes.
template <class Call, Shape... S>
void check_call(const golden_file& golden, const char* torch, const Call& call, const domain* of, S... shapes) {
  const std::string title = title_of(torch, {shapes.values()...});
  CAPTURE(title);
  std::apply([&](const auto&... x) { check_derivatives(golden, title, erase_call<float, S...>(call), x...); }, operands_of<float>(of, shapes...));
  std::apply([&](const auto&... x) { check_derivatives(golden, title, erase_call<double, S...>(call), x...); }, operands_of<double>(of, shapes...));
  std::apply([&](const auto&... x) { check_value(golden, title, call, x...); }, operands_of<float>(of, shapes...));
  std::apply([&](const auto&... x) { check_differences(title, erase_call<double, S...>(call), x...); }, operands_of<double>(of, shapes...));
}

template <class Case, Shape... S>
void check_elementwise(const golden_file& golden, const Case& op, S... shapes) {
  check_call(golden, op.torch, op.call, op.of, shapes...);
}
template <class Case>
void check_shaped(const golden_file& golden, const Case& op) {
  static constexpr domain of[3];
  std::apply([&](auto... shapes) { check_call(golden, op.torch, op.call, of, shapes...); }, op.shapes);
}

}  // namespace tessera::tests
