// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {
namespace {

template <Shape... S, class Case>
void check_on(const Case& op) {
  std::apply([&](const auto&... x) { check_places<float>(title_of(op.torch, {S::pattern...}), op.call, x...); }, operands_of<float>(op.of, S{}...));
}

}  // namespace

TEST_CASE("elementwise operations of one operand at every place") {
  unary_ops([](const auto& op) { check_on<shape<37>>(op); });
  scalar_ops([](const auto& op) { check_on<shape<3, 4>>(op); });
}

TEST_CASE("elementwise operations whose operands are stretched in every way, at every place") {
  binary_ops([](const auto& op) {
    check_on<shape<3, 4>, shape<4>>(op);
    check_on<shape<2, 1>, shape<2, 5>>(op);
  });
  ternary_ops([](const auto& op) { check_on<shape<3, 4>, shape<3, 1>, shape<4>>(op); });
}

}  // namespace tessera::tests
