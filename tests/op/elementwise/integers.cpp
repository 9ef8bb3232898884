// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {
namespace {

template <Element T, class Case>
void check_integers(const golden_file& golden, const std::string& title, const Case& op) {
  const std::string dtype = name_of(dtype_of<T>);
  const auto line_of = [](const std::vector<double>& values) {
    auto x = tensor<T, shape<dyn>>::uninitialized(shape<dyn>{values.size()});
    for (std::size_t i = 0; i < values.size(); ++i) x.mutable_data()[i] = static_cast<T>(values[i]);
    return x;
  };
  const auto a = line_of(op.a), b = line_of(op.b);
  const tensor y = [&] {
    if constexpr (requires { op.call(a, b); }) return tensor(op.call(a, b));
    else return tensor(op.call(a));
  }();
  using R = typename std::remove_cvref_t<decltype(y)>::element;
  check_numbers(title + ", " + dtype, numbers(y), golden.at(title, dtype), std::is_floating_point_v<R> ? tolerance<float> : 0);
  CHECK_NOTHROW(static_cast<void>(golden.at(title, dtype + "_gives_" + name_of(dtype_of<R>))));
}

template <Element T>
void check_all() {
  const golden_file golden("integers.txt");
  int number = 0;
  integer_ops([&](const auto& op) { check_integers<T>(golden, std::to_string(number++) + ": " + op.torch, op); });
}

}  // namespace

TEST_CASE("operations on int32") { check_all<std::int32_t>(); }
TEST_CASE("operations on int64") { check_all<std::int64_t>(); }
TEST_CASE("operations on uint8") { check_all<std::uint8_t>(); }

}  // namespace tessera::tests
