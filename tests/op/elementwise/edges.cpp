// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {
namespace {

template <Element T>
[[nodiscard]] tensor<T, shape<dyn>> line_of(const std::vector<double>& values) {
  auto x = tensor<T, shape<dyn>>::uninitialized(shape<dyn>{values.size()});
  for (std::size_t i = 0; i < values.size(); ++i) x.mutable_data()[i] = static_cast<T>(values[i]);
  return x;
}

template <Element T, class Case>
void check_edges(const golden_file& golden, const std::string& title, const Case& op) {
  const std::string size = std::to_string(sizeof(T));
  variable a(line_of<T>(op.a)), b(line_of<T>(op.b));
  const variable y = [&] {
    if constexpr (requires { op.call(a, b); }) return variable(op.call(a, b));
    else return variable(op.call(a));
  }();
  check_numbers(title, numbers(y), golden.at(title, "value_" + size), tolerance<T>);
  y.backward(tensor<T, typename std::remove_cvref_t<decltype(y)>::shape_type>(y.shape(), T(1)));
  check_numbers(title + ", gradient of a", numbers(a.grad()), golden.at(title, "grad0_" + size), tolerance<T>);
  if (!op.b.empty()) check_numbers(title + ", gradient of b", numbers(b.grad()), golden.at(title, "grad1_" + size), tolerance<T>);
}

}  // namespace

TEST_CASE("where functions jump, bend or end, values and gradients are PyTorch's") {
  const golden_file golden("edges.txt");
  int number = 0;
  edge_ops([&](const auto& op) {
    const std::string title = std::to_string(number++) + ": " + op.torch;
    check_edges<float>(golden, title, op);
    check_edges<double>(golden, title, op);
  });
}

}  // namespace tessera::tests
