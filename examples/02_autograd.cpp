// SPDX-License-Identifier: BSL-1.0
// Chapter 2, autograd: gradients of whatever the program computed, and gradients of functions.

#include <tessera/tessera.hpp>

#include <cmath>
#include <concepts>
#include <iostream>
#include <string>

#include "support/check.hpp"

namespace ts = tessera;
using ts::shape, ts::tensor, ts::variable;

void backward() {
  std::cout << "1. backward()\n";
  // A variable is a tensor whose gradient is wanted. What is computed from it is recorded, statement by statement: a line of
  // arithmetic becomes a statement when it is stored in a variable; with auto it would stay an expression.
  variable w = tensor{1.0, 2.0, 3.0};
  variable loss = ts::sum(w * w);
  loss.backward();
  std::cout << "w = " << w << "\nloss = " << loss << "\ngradient = " << w.grad() << '\n';
  check(w.grad()(2) == 6, "d(sum w^2)/dw = 2w");

  // Gradients add up until they are dropped: that is how one step can see several batches.
  ts::sum(w * w).backward();
  check(w.grad()(2) == 12, "a second backward() adds to the gradient");
  w.zero_grad();
  check(!w.has_grad(), "zero_grad() drops it");
  // backward() uses the graph up, unless you ask for it to be kept: backward(ts::retain_graph).
  const std::string message = error_of<ts::autograd_error>([&] { loss.backward(); });
  std::cout << message << '\n';
  check(!message.empty() && !w.has_grad(), "a graph that is used up says so");
}

void without_gradients() {
  std::cout << "2. Without gradients\n";
  variable w = 3.0;
  {
    const ts::no_grad guard;  // until the end of the scope nothing on this thread is recorded
    variable y = w * w;
    check(!y.requires_grad() && y.item() == 9, "no_grad computes and records nothing");
    w += -1.0;  // written in place: w stays the leaf it was, as an update by hand wants it
  }
  // detach() takes a value out of the graph: here it counts as a constant.
  variable y = w * ts::detach(w);
  y.backward();
  check(w.grad().item() == 2, "d(w * constant)/dw = constant");
  // To store a tracked result in a tensor would lose its gradient silently. It is an error; value() or detach() says you mean it.
  const std::string message = error_of<ts::autograd_error>([&] { const tensor lost = w * 2.0; });
  std::cout << message << '\n';
  check(!message.empty() && y.value().item() == 4, "a gradient is not lost silently");
}

void control_flow() {
  std::cout << "3. Control flow\n";
  // The graph is what ran: loops and branches are those of C++, and may depend on the data.
  variable x = 1.5;
  variable h = x;
  while (h.item() < 100) h = h.item() < 10 ? variable(h * x) : variable(h * h);  // both sides of ?: need one type
  h.backward();
  // 1.5, 1.5^2, ... up to 1.5^6 = 11.39, whose square is over 100: h = x^12.
  std::cout << "stopped at " << h.item() << ", gradient " << x.grad().item() << '\n';
  check(close(h.item(), std::pow(1.5, 12)) && close(x.grad().item(), 12 * std::pow(1.5, 11)), "the gradient of what ran");
}

void second_derivatives() {
  std::cout << "4. Second derivatives\n";
  variable x = 2.0;
  variable y = x * x * x;
  y.backward(ts::create_graph);         // records the backward pass as well
  variable slope = x.grad_variable();   // 3x^2, with its history
  x.zero_grad();
  slope.backward();
  std::cout << "slope " << slope.item() << ", curvature " << x.grad().item() << '\n';
  check(slope.item() == 12 && x.grad().item() == 12, "the derivative of 3x^2 is 6x");
  // ts::grad(y, x) returns a gradient and leaves every .grad() as it was.
  variable z = ts::exp(x * 2.0);
  variable first = ts::grad(z, x, ts::create_graph);
  check(close(ts::grad(first, x).item(), 4 * std::exp(4.0)), "gradients as results");
}

// A function for numbers, arrays and variables alike.
constexpr auto poly = [](const auto& x) { return x * x + 3 * x + 1; };

void functions() {
  std::cout << "5. Gradients of functions\n";
  // grad turns a function into its gradient. For numbers the compiler can do it all: no graph, no memory, no run time.
  static_assert(ts::grad(poly)(2.0) == 7.0);
  static_assert(ts::grad(ts::grad(poly))(2.0) == 2.0);
  // An array is a small tensor that lives in place, so that the compiler can do the same with it.
  constexpr auto loss = [](const auto& w, const auto& b) { return ts::mean(ts::square(w * 2.0 + b - 1.0)); };
  constexpr auto at_compile_time = ts::value_and_grad(loss)(ts::array{1.0, 2.0}, 0.5);
  static_assert(at_compile_time.value == 7.25);
  // Tensors take the dynamic graph, and give the same.
  const auto [value, gradients] = ts::value_and_grad(loss)(tensor{1.0, 2.0}, 0.5);
  const auto& [dw, db] = gradients;
  std::cout << "loss " << value << ", dw " << dw << ", db " << db << '\n';
  check(value == at_compile_time.value && close(dw(1), 7) && close(db, 5), "the compiler and the graph agree");
}

void trust() {
  std::cout << "6. Trust\n";
  // gradcheck compares derivatives with finite differences, element by element; gradgradcheck does so for second ones.
  const tensor x{{0.3, -0.7}, {1.1, 0.2}};
  const auto smooth = [](const auto& a) { return ts::tanh(ts::matmul(a, a)) * ts::exp(a); };
  check(ts::gradcheck(smooth, x).passed, "the derivatives of tanh(a a) exp(a)");
  const auto wrong = ts::gradcheck([](const auto& a) { return a * ts::detach(a); }, x);  // half the derivative is hidden
  std::cout << wrong.message << '\n';
  check(!wrong, "a wrong derivative is found");
}

int main() {
  backward();
  without_gradients();
  control_flow();
  second_derivatives();
  functions();
  trust();
  return checks::result();
}
