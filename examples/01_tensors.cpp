// SPDX-License-Identifier: BSL-1.0
// Chapter 1, tensors: making them, looking at them, computing with them. The shape of a tensor is part of its type.

#include <tessera/tessera.hpp>

#include <concepts>
#include <iostream>
#include <string>

#include "support/check.hpp"

namespace ts = tessera;
using ts::axis, ts::dyn, ts::shape, ts::tensor;

void creation() {
  std::cout << "1. Creation\n";
  // Braces give the shape and the element type. Rows of different lengths do not compile.
  const tensor a{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
  static_assert(std::same_as<decltype(a), const tensor<float, shape<2, 3>>>);
  const auto wide = ts::as<double>({{1, 2}, {3, 4}});  // the element type by name: integers would give int
  // A shape is a value too: shape<2, 3>{} has nothing to store, shape<dyn, 3>{n} stores what only run time knows.
  const auto nothing = ts::zeros<float>(shape<2, 3>{});
  const auto counted = ts::arange<int, 0, 10, 2>();
  ts::manual_seed(0);
  const auto noise = ts::rand<float>(shape<2, 3>{});  // the numbers that PyTorch draws from this seed
  std::cout << a << '\n' << wide << '\n' << counted << '\n' << noise << '\n';
  std::cout << "rank " << a.rank << ", shape " << ts::to_string(a.shape().values()) << ", " << a.size() << " elements\n";
  check(a(1, 2) == 6 && wide(1, 0) == 3 && nothing(0, 0) == 0 && counted.size() == 5, "elements are read by a(i, j)");
  check(ts::to_string(noise) == "tensor([[0.4963, 0.7682, 0.0885],\n        [0.1320, 0.3074, 0.6341]])", "the same seed, the same text as in PyTorch");
}

void arithmetic() {
  std::cout << "2. Arithmetic\n";
  const tensor a{{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}};
  const tensor row{10.f, 20.f, 30.f};
  // One loop and one allocation, however long the line is. A number does not widen float to double.
  const tensor c = a * 2.0 + ts::exp(a - a) / 4;
  // Shapes broadcast from the right, as in PyTorch: the row is added to each of the two rows.
  const tensor b = a + row;
  static_assert(std::same_as<decltype(c), const tensor<float, shape<2, 3>>>);
  std::cout << c << '\n' << b << '\n';
  check(c(0, 0) == 2.25f && b(1, 2) == 36, "elementwise, with broadcasting");

  // Reductions take axes; keepdim keeps them with size 1, so that the result still broadcasts. max says where, too.
  const tensor centred = a - ts::mean(a, axis<1>, ts::keepdim);
  const auto [largest, place] = ts::max(a, axis<1>);
  std::cout << ts::sum(a) << ' ' << ts::sum(a, axis<0>) << '\n' << centred << '\n';
  check(ts::sum(a).item() == 21 && centred(1, 0) == -1 && largest(1) == 6 && place(1) == 2, "reductions");

  // The type of a product follows from its operands; matmul(a, a) would not compile.
  const tensor product = ts::matmul(a, ts::transpose(a));
  static_assert(std::same_as<decltype(product), const tensor<float, shape<2, 2>>>);
  check(product(0, 0) == 14 && product(0, 1) == 32, "matrix product");
  // To change the type of elements you must ask: tensor<int, shape<2, 3>> n = a; does not compile.
  const tensor whole = ts::cast<int>(a / 2);
  check(whole(1, 1) == 2, "cast<int> drops the fraction");
}

void parts() {
  std::cout << "3. Parts and shapes\n";
  tensor a{{1.f, 2.f, 3.f, 4.f}, {5.f, 6.f, 7.f, 8.f}, {9.f, 10.f, 11.f, 12.f}};
  // An index removes its axis, a range keeps it; axes that are not named are whole. Negative numbers count from the end.
  const tensor row = ts::slice(a, 1);
  const tensor inner = ts::slice(a, ts::full_extent, ts::range<1, -1>);
  const tensor last = ts::slice(a, ts::full_extent, -1);
  static_assert(std::same_as<decltype(inner), const tensor<float, shape<3, 2>>>);
  std::cout << row << '\n' << inner << '\n' << last << '\n';
  // A slice of a variable that is not const can be written. What was read before stays what it was.
  ts::slice(a, ts::full_extent, 0) = 0.f;
  ts::slice(a, 0) += tensor{100.f, 200.f, 300.f, 400.f};
  a(2, 3) = -1;
  std::cout << a << '\n';
  check(a(0, 0) == 100 && a(1, 0) == 0 && a(2, 3) == -1 && row(0) == 5 && last(2) == 12, "writing through a slice");
  check(!error_of<ts::index_error>([&] { static_cast<void>(a.at(3, 0)); }).empty(), "a.at(i, j) checks its indices");

  // The same elements under another shape. One size may be left to be inferred; sizes that cannot fit do not compile.
  const tensor pairs = ts::reshape(a, shape<ts::infer, 2>{});
  const tensor stacked = ts::concat(axis<0>, pairs, pairs);
  check(ts::flatten(a).shape().size() == 12 && stacked.size(0) == 12 && stacked(6, 1) == a(0, 1), "reshape, flatten, concat");
}

void values() {
  std::cout << "4. Tensors are values\n";
  // A copy is a tensor of its own, as with std::vector. It costs nothing until one of the two is written.
  tensor a{1.f, 2.f, 3.f};
  tensor b = a;
  b(0) = 100;
  check(a(0) == 1 && b(0) == 100, "writing a copy leaves the original alone");
  // auto keeps the expression instead of its value. It owns what it needs, so it may outlive its operands and may be
  // computed as often as you like, always from the values of the moment it was written.
  const auto lazy = a * 10 + ts::ones<float>(shape<3>{});
  a = a + 1;
  const tensor now = lazy;
  check(now(0) == 11 && a(0) == 2, "an expression keeps the values it was made from");
}

// Sizes that only run time knows are dyn. This function takes any number of rows, but always three columns.
tensor<float, shape<dyn>> norms(const tensor<float, shape<dyn, 3>>& points) { return ts::sqrt(ts::sum(points * points, axis<1>)); }

void run_time_sizes() {
  std::cout << "5. Sizes known at run time\n";
  const ts::extent n = 4;  // say, from a file
  tensor<float, shape<dyn, 3>> points = ts::zeros<float>(shape<dyn, 3>{n});
  ts::slice(points, ts::range_of{1, n}) = tensor{2.f, 3.f, 6.f};
  std::cout << norms(points) << '\n';
  check(norms(points).size() == 4 && norms(points)(3) == 7, "one function for every number of rows");
  // What the compiler cannot know is checked when the program runs, and the message says what was wrong.
  const auto three = ts::ones<float>(shape<dyn>{3}), four = ts::ones<float>(shape<dyn>{4});
  const std::string message = error_of<ts::shape_error>([&] { const tensor sum = three + four; });
  std::cout << message << '\n';
  check(message.find("[3]") != std::string::npos && message.find("[4]") != std::string::npos, "an error names both shapes");
}

int main() {
  creation();
  arithmetic();
  parts();
  values();
  run_time_sizes();
  return checks::result();
}
