// SPDX-License-Identifier: BSL-1.0
#include <tessera/autograd/variable.hpp>
#include <tessera/op/op.hpp>
#include <tessera/tensor/array.hpp>
#include <tessera/tensor/create.hpp>
#include <tessera/tensor/print.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace ts = tessera;
using ts::dyn, ts::print_options, ts::shape, ts::tensor, ts::variable;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct with_options {
  explicit with_options(const print_options& options) : before(ts::get_printoptions()) { ts::set_printoptions(options); }
  ~with_options() { ts::set_printoptions(before); }
  with_options(const with_options&) = delete;
  with_options& operator=(const with_options&) = delete;
  print_options before;
};

template <class X>
std::string printed(const X& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

template <class T, class S>
void compare(S s, const std::vector<double>& values, const char* expected, const print_options& options) {
  auto x = ts::empty<T>(s);
  REQUIRE(x.size() == static_cast<ts::extent>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) x.mutable_data()[i] = static_cast<T>(values[i]);
  const with_options scope(options);
  CHECK(ts::to_string(x) == expected);
}

// Integers that no double holds need a list of their own type.
template <class T>
using listed = std::conditional_t<std::is_same_v<T, std::int64_t>, std::int64_t, double>;

template <class T, class S>
void given(S s, const std::vector<listed<T>>& values, const char* expected, const print_options& options = {}) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    const with_options scope(options);
    CHECK(ts::to_string(tensor<T, S>(s, std::span<const T>(values))) == expected);
  } else {
    compare<T>(s, values, expected, options);
  }
}

template <class T, class S>
void ramp(S s, double begin, double step, const char* expected, const print_options& options = {}) {
  std::vector<double> values;
  for (ts::extent i = 0; i < s.size(); ++i) values.push_back(begin + step * static_cast<double>(i));
  compare<T>(s, values, expected, options);
}

}  // namespace

TEST_SUITE("tensor/print") {
  TEST_CASE("to_string: the texts that PyTorch printed") {
#include "print_golden.inc"
  }

  TEST_CASE("operator<<: writes to_string") {
    const tensor a{{1.f, 2.f}, {3.f, 4.f}};
    CHECK(printed(a) == "tensor([[1., 2.],\n        [3., 4.]])");
    CHECK(printed(a) == ts::to_string(a));
    CHECK(printed(shape<>{} == shape<>{}) == "1");  // what is no operand is left alone
  }

  TEST_CASE("operator<<: expressions print their value, views without a copy") {
    const tensor a{{1.f, 2.f}, {3.f, 4.f}};
    CHECK(printed(a * 0.5) == "tensor([[0.5000, 1.0000],\n        [1.5000, 2.0000]])");
    CHECK(printed(a < 3.f) == "tensor([[ True,  True],\n        [False, False]])");
    CHECK(printed(ts::transpose(a)) == "tensor([[1., 3.],\n        [2., 4.]])");
    CHECK(printed(ts::slice(a, ts::full_extent, 1)) == "tensor([2., 4.])");
    CHECK(printed(ts::broadcast_to(ts::slice(a, 1), shape<2, 2>{})) == "tensor([[3., 4.],\n        [3., 4.]])");
    CHECK(printed(ts::sum(a)) == "tensor(10.)");
  }

  TEST_CASE("operator<<: arrays print as tensors do") {
    const ts::array a{{1, 2}, {3, 4}};
    CHECK(printed(a) == printed(tensor{{1, 2}, {3, 4}}));
    CHECK(printed(a * 2) == printed(tensor{{2, 4}, {6, 8}}));
  }

  TEST_CASE("operator<<: a long view is shortened in its own order") {
    const tensor x = ts::arange<std::int64_t, 0, 1200>();
    const tensor expected = ts::transpose(ts::reshape(x, shape<30, 40>{}));
    CHECK(printed(ts::transpose(ts::reshape(x, shape<30, 40>{}))) == printed(expected));
    CHECK(printed(expected).substr(0, 30) == "tensor([[   0,   40,   80,  ..");
  }

  TEST_CASE("operator<<: only a leaf that wants a gradient says so") {
    variable x = tensor{1.f, 2.f};
    CHECK(printed(x) == "tensor([1., 2.], requires_grad=True)");
    variable y = x * 2;
    CHECK(printed(y) == "tensor([2., 4.])");
    CHECK(printed(x * 3) == "tensor([3., 6.])");
    CHECK(printed(x.detach()) == "tensor([1., 2.])");
    CHECK(x.requires_grad());
    x.requires_grad(false);
    CHECK(printed(x) == "tensor([1., 2.])");
    variable wide = ts::ones<double>(shape<10>{});
    CHECK(printed(wide) == "tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.], dtype=torch.float64,\n       requires_grad=True)");
  }

  TEST_CASE("operator<<: the sign of NaN is not printed") {
    CHECK(printed(tensor{-std::numeric_limits<float>::quiet_NaN(), 1.f}) == "tensor([nan, 1.])");
  }

  TEST_CASE("set_printoptions: refuses negative numbers and keeps what was set before") {
    const with_options scope({.precision = 3});
    CHECK_THROWS_AS(ts::set_printoptions({.precision = -1}), ts::value_error);
    CHECK_THROWS_AS(ts::set_printoptions({.threshold = -1}), ts::value_error);
    CHECK_THROWS_AS(ts::set_printoptions({.edgeitems = -1}), ts::value_error);
    CHECK_THROWS_WITH(ts::set_printoptions({.linewidth = -5}), "tessera::set_printoptions: linewidth is -5 and must not be negative");
    CHECK(ts::get_printoptions().precision == 3);
    CHECK(printed(tensor{0.5}) == "tensor([0.500], dtype=torch.float64)");
  }

  TEST_CASE("set_printoptions: each thread has its own") {
    const with_options scope({.precision = 1});
    std::string other;
    std::thread([&] { other = printed(tensor{0.5f}); }).join();
    CHECK(other == "tensor([0.5000])");
    CHECK(printed(tensor{0.5f}) == "tensor([0.5])");
  }
}
