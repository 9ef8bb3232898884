// SPDX-License-Identifier: BSL-1.0
// expect: gradient_needs_a_function_with_a_single_result<tessera::shape<2>
// max_lines-gcc: 20
// max_lines-clang: 28
#include <tessera/autograd/functional.hpp>

int main() {
  auto g = tessera::grad([](auto x) { return x * 2; })(tessera::array{1.0, 2.0});
}
