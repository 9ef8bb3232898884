// SPDX-License-Identifier: BSL-1.0
// An exception inside backward() leaves nothing behind that the next pass would meet. Memory that runs out at every
// possible moment makes the exceptions.
#include <allocation/counting.hpp>
#include <support/golden.hpp>
#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/op.hpp>

#include <new>

namespace tessera::tests {
namespace {

/// Runs a pass that fails at its first request, then at its second and so on, until one succeeds, and after each the same
/// pass undisturbed, whose gradients must be right. Gives the number of failures.
template <class Backward, class Reset, class Check>
[[nodiscard]] int fail_everywhere(Backward backward, Reset reset, Check check) {
  int failures = 0;
  for (;; ++failures) {
    reset();
    pool::trim();  // so that every piece of memory is a request
    calls_before_failure = failures;
    bool failed = false;
    try {
      backward();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    calls_before_failure = -1;
    reset();
    backward();
    check();
    if (!failed) return failures;
  }
}

}  // namespace

TEST_CASE("backward: an exception leaves no half adjoint behind") {
  variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const variable p = x * x;
  const variable q = exp(p * 0.1);
  const variable r = tanh(p);
  const variable y = sum(q * r) + sum(softmax(p, axis<0>) * q);
  y.backward(retain_graph);
  const std::vector<double> wanted = numbers(x.grad());
  const int failures = fail_everywhere([&] { y.backward(retain_graph); }, [&] { x.zero_grad(); }, [&] { CHECK(numbers(x.grad()) == wanted); });
  CHECK(failures > 3);
}

TEST_CASE("backward(create_graph): an exception leaves no half adjoint behind") {
  variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const variable p = x * x;
  const variable y = sum(exp(p * 0.1) * tanh(p));
  y.backward(create_graph);
  const std::vector<double> wanted = numbers(x.grad());
  const auto check = [&] {
    CHECK(numbers(x.grad()) == wanted);
    CHECK(x.grad_variable().requires_grad());
  };
  const int failures = fail_everywhere([&] { y.backward(create_graph); }, [&] { x.zero_grad(); }, check);
  CHECK(failures > 10);
  x.zero_grad();
}

TEST_CASE("recording: an exception loses nothing") {
  variable<double, shape<3>> x(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const auto pass = [&] { variable(sum(exp(x) * x) + sum(matmul(reshape(x, shape<1, 3>{}), reshape(x, shape<3, 1>{})))).backward(); };
  pass();
  const std::vector<double> wanted = numbers(x.grad());
  const int failures = fail_everywhere(pass, [&] { x.zero_grad(); }, [&] { CHECK(numbers(x.grad()) == wanted); });
  CHECK(failures > 5);
  CHECK(numbers(x.value()) == std::vector<double>{1, 2, 3});
}

}  // namespace tessera::tests
