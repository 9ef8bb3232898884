// SPDX-License-Identifier: BSL-1.0
// A file that cannot ask for a recorded pass: it must not include create_graph.hpp. recorded.cpp asks for what is computed here.
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace tessera::tests {

variable<float, shape<>> statement_of_another_file(const variable<float, shape<3>>& x) { return sum(erf(cos(x)) / sigmoid(x) - x * x * x); }
variable<float, shape<3>> operation_of_another_file(const variable<float, shape<3>>& x) { return log_softmax(x, axis<0>); }

}  // namespace tessera::tests
