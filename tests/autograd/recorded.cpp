// SPDX-License-Identifier: BSL-1.0
#include <support/message.hpp>
#include <tessera/autograd/create_graph.hpp>
#include <tessera/op/op.hpp>

#include <doctest/doctest.h>

namespace tessera::tests {

variable<float, shape<>> statement_of_another_file(const variable<float, shape<3>>& x);
variable<float, shape<3>> operation_of_another_file(const variable<float, shape<3>>& x);

TEST_CASE("create_graph: refuses what only files without its header compute, which backward() alone differentiates") {
  variable<float, shape<3>> x(tensor<float, shape<3>>{0.5f, 1.f, 2.f});
  if (TESSERA_INSTANTIATED == 0) {  // a library has the recorded rules of what it holds
    CHECK(message_of<autograd_error>([&] { statement_of_another_file(x).backward(create_graph); }) ==
          "tessera::backward: create_graph needs the recorded rule of a statement, which this program lacks; include <tessera/autograd/create_graph.hpp> "
          "in the file that computes it");
    const variable<float, shape<>> y = sum(operation_of_another_file(x) * x);  // the sum is of this file
    CHECK(message_of<autograd_error>([&] { y.backward(create_graph); }).find("the recorded rule of log_softmax") != std::string::npos);
    x.zero_grad();
  }
  sum(operation_of_another_file(x)).backward();
  CHECK(x.grad()(0) == doctest::Approx(1 - 3 * 0.1402440).epsilon(1e-5));
}

}  // namespace tessera::tests
