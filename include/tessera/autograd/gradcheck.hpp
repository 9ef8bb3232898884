// SPDX-License-Identifier: BSL-1.0
#pragma once
// gradcheck and gradgradcheck: the derivatives that backward() computes, compared with finite differences.

#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/reduce/sum.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

namespace tessera {

/// How gradcheck compares: elements move by eps, and may differ by atol + rtol·|numerical|.
struct gradcheck_options {
  double eps = 1e-6;
  double atol = 1e-5;
  double rtol = 1e-3;
};

/// What gradcheck found: true, or false with a message that names the input, the elements and both values.
struct gradcheck_result {
  bool passed = true;
  std::string message{};

  [[nodiscard]] explicit operator bool() const noexcept { return passed; }
};

namespace detail {

/// "[1, 2]": the index of an element that is number `at` in row-major order.
[[nodiscard]] TESSERA_ONCE std::string index_text(extent at, const extents& shape) {
  extents index = shape;
  for (int i = shape.rank - 1; i >= 0; --i) {
    index[i] = at % shape[i];
    at /= shape[i];
  }
  return to_string(index);
}

[[nodiscard]] TESSERA_ONCE std::string number_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", x);
  return text;
}

/// The derivatives of every element of an output (rows) by every element of one input (columns).
struct jacobian {
  extents output, input;
  std::vector<double> at;

  jacobian(const extents& y, const extents& x) : output(y), input(x), at(static_cast<std::size_t>(count(y) * count(x))) {}
  [[nodiscard]] double& operator()(extent row, extent column) { return at[static_cast<std::size_t>(row * count(input) + column)]; }
};

[[nodiscard]] TESSERA_ONCE gradcheck_result compare(const char* name, std::size_t number, jacobian& analytical, jacobian& numerical, const gradcheck_options& options) {
  for (extent row = 0; row < count(analytical.output); ++row)
    for (extent column = 0; column < count(analytical.input); ++column) {
      const double a = analytical(row, column), n = numerical(row, column);
      if (std::abs(a - n) <= options.atol + options.rtol * std::abs(n)) continue;  // false for NaN
      return {false, "tessera::" + std::string(name) + ": input " + std::to_string(number) + ", element " + index_text(column, analytical.input) + ": the derivative of output element " +
                         index_text(row, analytical.output) + " is " + number_text(a) + " by backward() and " + number_text(n) + " numerically"};
    }
  return {};
}

template <class F, Shape... S>
class gradient_checker {
 public:
  gradient_checker(const char* name, const F& f, const gradcheck_options& options, const tensor<double, S>&... inputs)
      : name_(name), f_(f), options_(options), inputs_(inputs...) {}

  [[nodiscard]] gradcheck_result run() const {
    const std::tuple<variable<double, S>...> x = leaves(inputs_);
    const variable y = std::apply(f_, x);
    using Y = std::remove_cvref_t<decltype(y)>;
    static_assert(std::same_as<typename Y::element, double>, "tessera::gradcheck: the function must compute in double");
    const extents output = y.shape().values();
    std::vector<jacobian> analytical;
    std::apply([&](const auto&... each) { (analytical.emplace_back(output, each.shape().values()), ...); }, x);
    for (extent row = 0; row < y.size(); ++row) {
      tensor<double, typename Y::shape_type> seed(y.shape(), 0.0);
      seed.mutable_data()[row] = 1;
      std::apply([](auto... each) { (each.zero_grad(), ...); }, x);
      if (y.requires_grad()) y.backward(seed, retain_graph);
      for_each_input(x, [&](const auto& each, std::size_t number) {
        if (!each.has_grad()) return;
        const auto grad = each.grad();
        for (extent column = 0; column < each.size(); ++column) analytical[number](row, column) = grad.data()[column];
      });
    }
    gradcheck_result result;
    for_each_input(inputs_, [&](const auto& each, std::size_t number) {
      if (!result) return;
      jacobian numerical(output, each.shape().values());
      auto copies = inputs_;
      for (extent column = 0; column < each.size(); ++column) fill_column(numerical, column, copies, each.data()[column], element_of(copies, number, column));
      result = compare(name_, number, analytical[number], numerical, options_);
    });
    return result;
  }

 private:
  using tensors = std::tuple<tensor<double, S>...>;

  [[nodiscard]] static std::tuple<variable<double, S>...> leaves(const tensors& inputs) {
    return std::apply([](const auto&... each) { return std::tuple<variable<double, S>...>(variable<double, S>(each)...); }, inputs);
  }
  template <class Inputs, class Visit>
  static void for_each_input(const Inputs& inputs, Visit&& visit) {
    std::size_t number = 0;
    std::apply([&](const auto&... each) { (visit(each, number++), ...); }, inputs);
  }
  [[nodiscard]] static double& element_of(tensors& inputs, std::size_t wanted, extent at) {
    double* found = nullptr;
    std::size_t number = 0;
    std::apply([&](auto&... each) { ((found = number++ == wanted ? each.mutable_data() + at : found), ...); }, inputs);
    return *found;
  }
  /// Central differences by one element.
  void fill_column(jacobian& numerical, extent column, const tensors& inputs, double x, double& element) const {
    const auto values = [&](double moved) {
      element = moved;
      const variable y = std::apply(f_, leaves(detached(inputs)));
      return std::vector<double>(y.span().begin(), y.span().end());
    };
    const std::vector<double> above = values(x + options_.eps), below = values(x - options_.eps);
    element = x;
    for (extent row = 0; row < count(numerical.output); ++row)
      numerical(row, column) = (above[static_cast<std::size_t>(row)] - below[static_cast<std::size_t>(row)]) / (2 * options_.eps);
  }
  /// Copies with blocks of their own: the originals are written between two evaluations.
  [[nodiscard]] static tensors detached(const tensors& inputs) {
    return std::apply([](const auto&... each) { return tensors(tensor<double, S>(each.shape(), each.span())...); }, inputs);
  }

  const char* name_;
  const F& f_;
  const gradcheck_options& options_;
  tensors inputs_;
};

}  // namespace detail

/// Compares the derivatives of f, a function of variables that gives a variable or an expression of any shape, with central
/// differences at the given inputs: every element of the output by every element of every input.
///   error  none for a wrong derivative: the result says which
///   cost   one backward() for each element of the output, two evaluations of f for each element of the inputs
///   like   torch.autograd.gradcheck
template <class F, Shape... S>
[[nodiscard]] gradcheck_result gradcheck(const F& f, const gradcheck_options& options, const tensor<double, S>&... inputs) {
  return detail::gradient_checker<F, S...>("gradcheck", f, options, inputs...).run();
}
template <class F, Shape... S>
[[nodiscard]] gradcheck_result gradcheck(const F& f, const tensor<double, S>&... inputs) {
  return gradcheck(f, gradcheck_options{}, inputs...);
}

/// Compares second derivatives: those of the gradient that backward(create_graph) gives, summed with fixed cotangents, by
/// the inputs and by the incoming gradient, which the message counts as the last input.
///   like   torch.autograd.gradgradcheck
template <class F, Shape... S>
[[nodiscard]] gradcheck_result gradgradcheck(const F& f, const gradcheck_options& options, const tensor<double, S>&... inputs) {
  const auto cotangent = []<Shape Any>(Any shape, double phase) {
    tensor<double, Any> c(shape, 0.0);
    for (extent i = 0; i < c.size(); ++i) c.mutable_data()[i] = 1 + 0.5 * std::sin(0.7 * static_cast<double>(i) + phase);
    return c;
  };
  const auto sum_of_gradients = [&]<Shape... X, Shape Y>(const std::tuple<variable<double, X>...>& x, const variable<double, Y>& incoming) {
    variable(std::apply([&](const auto&... each) { return sum(f(each...) * incoming); }, x)).backward(create_graph);
    variable<double, shape<>> total(0.0);
    double phase = 0;
    const auto add = [&](auto each) {
      phase += 1;
      if (!each.has_grad()) return;
      const variable gradient = each.grad_variable();
      each.zero_grad();
      total = total + sum(gradient * cotangent(gradient.shape(), phase));
    };
    std::apply([&](const auto&... each) { (add(each), ...); }, x);
    auto leaf = incoming;
    leaf.zero_grad();
    return total;
  };
  const auto as_function = [&](const variable<double, S>&... x, const auto& incoming) { return sum_of_gradients(std::tuple<variable<double, S>...>(x...), incoming); };
  const variable y = f(variable<double, S>(inputs)...);
  const auto incoming = cotangent(y.shape(), 0);
  return detail::gradient_checker<decltype(as_function), S..., typename std::remove_cvref_t<decltype(y)>::shape_type>("gradgradcheck", as_function, options, inputs..., incoming).run();
}
template <class F, Shape... S>
[[nodiscard]] gradcheck_result gradgradcheck(const F& f, const tensor<double, S>&... inputs) {
  return gradgradcheck(f, gradcheck_options{}, inputs...);
}

}  // namespace tessera
