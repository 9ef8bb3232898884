// SPDX-License-Identifier: BSL-1.0
// expect-gcc: class template argument deduction failed
// expect-clang: no viable constructor or deduction guide for deduction of template arguments of 'tensor'
// max_lines: 160
#include <tessera/op/op.hpp>

int main() {
  tessera::tensor a{{1.f, 2.f, 3.f}, {4.f, 5.f}};
}
