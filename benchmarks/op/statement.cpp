// SPDX-License-Identifier: BSL-1.0
// What recording costs, on four numbers, whose count the compiler knows or does not.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>

namespace ts = tessera;

namespace {

auto statement(const auto& x) { return x * x + 3 * x + 1; }

template <class Shape>
void add(const std::string& program, Shape shape) {
  using four = ts::tensor<float, Shape>;
  using tracked = ts::variable<float, Shape>;
  const four numbers(shape, measure::numbers(4));
  measure::add(cases::unrecorded, program, {}, [numbers] { return [x = numbers] { return four(statement(x)); }; });
  measure::add(cases::recorded, program, {}, [numbers] { return [x = tracked(numbers)] { return tracked(statement(x)); }; });
  measure::add(cases::differentiated, program, {}, [numbers] {
    return [x = tracked(numbers)]() mutable {
      x.zero_grad();
      const ts::variable y = ts::sum(statement(x));
      y.backward();
      return std::tuple(y, x.grad());
    };
  });
}

[[maybe_unused]] const int registered = [] {
  add("tessera", ts::shape<4>{});
  add("tessera, dynamic", ts::shape<ts::dyn>{4});
  return 0;
}();

}  // namespace
