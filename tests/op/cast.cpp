// SPDX-License-Identifier: BSL-1.0
#include <op/check.hpp>
#include <op/op_list.hpp>

namespace tessera::tests {

TEST_CASE("cast: to float and back inside a graph") {
  const golden_file golden("conversions.txt");
  conversions([&](const auto& op) {
    std::apply(
        [&](auto... shapes) {
          static constexpr domain of[1];
          const std::string title = title_of(op.torch, {shapes.values()...});
          std::apply([&](const auto&... x) { check_derivatives(golden, title, erase_call<double, decltype(shapes)...>(op.call), x...); }, operands_of<double>(of, shapes...));
          std::apply([&](const auto&... x) { check_derivatives(golden, title, erase_call<float, decltype(shapes)...>(op.call), x...); }, operands_of<float>(of, shapes...));
        },
        op.shapes);
  });
}

TEST_CASE("cast: floats lose their fraction, bool is not 0") {
  const tensor<float, shape<5>> x{1.9f, -1.9f, 0.f, 0.25f, 200.f};
  CHECK(numbers(tensor(cast<std::int32_t>(x))) == std::vector<double>{1, -1, 0, 0, 200});
  CHECK(numbers(tensor(cast<std::int64_t>(x))) == std::vector<double>{1, -1, 0, 0, 200});
  CHECK(numbers(tensor(cast<bool>(x))) == std::vector<double>{1, 1, 0, 1, 1});
  CHECK(numbers(tensor(cast<double>(x * 2.f))) == std::vector<double>{numbers(tensor(x * 2.f))});
  const tensor<bool, shape<2>> b{true, false};
  CHECK(numbers(tensor(cast<float>(b))) == std::vector<double>{1, 0});
  CHECK(numbers(tensor(cast<std::uint8_t>(b))) == std::vector<double>{1, 0});
  CHECK(numbers(tensor(cast<float>(transpose(tensor<std::int64_t, shape<2, 2>>{{1L, 2L}, {3L, 4L}})))) == std::vector<double>{1, 3, 2, 4});
}

TEST_CASE("cast: one graph of float and double") {
  const variable<float, shape<3>> x(tensor<float, shape<3>>{0.5f, -1.f, 2.f});
  const variable<double, shape<3>> w(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const variable y = cast<double>(x * x) * w;
  static_assert(std::same_as<decltype(y), const variable<double, shape<3>>>);
  variable(sum(y)).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{1, -4, 12});
  CHECK(numbers(w.grad()) == std::vector<double>{0.25, 1, 4});
}

TEST_CASE("cast: mixed operands convert by themselves, and each leaf gets a gradient of its own dtype") {
  const variable<float, shape<3>> x(tensor<float, shape<3>>{0.5f, -1.f, 2.f});
  const variable<double, shape<3>> w(tensor<double, shape<3>>{1.0, 2.0, 3.0});
  const tensor<std::int32_t, shape<3>> n{1, 2, 3};
  variable(sum(x * w * n)).backward();
  CHECK(numbers(x.grad()) == std::vector<double>{1, 4, 9});
  CHECK(numbers(w.grad()) == std::vector<double>{0.5, -2, 6});
  static_assert(std::same_as<decltype(x.grad()), tensor<float, shape<3>>>);
}

}  // namespace tessera::tests
