// SPDX-License-Identifier: BSL-1.0
// The dtype of a result is PyTorch's for every pair of dtypes and for every kind of number beside a tensor.
#include <support/golden.hpp>
#include <tessera/op/op.hpp>

#include <set>

namespace tessera::tests {
namespace {

template <Element T>
using vector = tensor<T, shape<2>>;
template <class X>
[[nodiscard]] std::string dtype_text() {
  return name_of(dtype_of<element_t<X>>);
}
template <class Number>
inline constexpr const char* number_name = std::is_same_v<Number, bool> ? "bool" : std::is_integral_v<Number> ? "int" : "float";

/// The lines that the library gives, as golden.py writes PyTorch's.
class promotion_lines {
 public:
  template <Element... T>
  void add_all() {
    (add_tensor<T, T...>(), ...);
  }
  std::set<std::string> lines;

 private:
  template <Element A, Element... B>
  void add_tensor() {
    (add_pair<A, B>(), ...);
    add_number<A, int>();
    add_number<A, double>();
    add_number<A, bool>();
    const std::string a = name_of(dtype_of<A>);
    lines.insert("unary " + a + " exp " + dtype_text<decltype(exp(std::declval<vector<A>>()))>());
    lines.insert("unary " + a + " sum " + dtype_text<decltype(sum(std::declval<vector<A>>()))>());
  }
  template <Element A, Element B>
  void add_pair() {
    using product = decltype(std::declval<vector<A>>() * std::declval<vector<B>>());
    using quotient = decltype(std::declval<vector<A>>() / std::declval<vector<B>>());
    using chosen = decltype(where(std::declval<vector<bool>>(), std::declval<vector<A>>(), std::declval<vector<B>>()));
    static_assert(std::same_as<element_t<product>, element_t<chosen>> && std::same_as<element_t<product>, promote_t<A, B>>);
    static_assert(std::same_as<element_t<decltype(std::declval<vector<A>>() < std::declval<vector<B>>())>, bool>);
    const std::string operands = std::string(name_of(dtype_of<A>)) + " " + name_of(dtype_of<B>) + " ";
    lines.insert("result " + operands + dtype_text<product>());
    lines.insert("divide " + operands + dtype_text<quotient>());
  }
  template <Element A, class Number>
  void add_number() {
    using product = decltype(std::declval<vector<A>>() * std::declval<Number>());
    using mirrored = decltype(std::declval<Number>() * std::declval<vector<A>>());
    static_assert(std::same_as<element_t<product>, element_t<mirrored>>);
    const std::string operands = std::string(name_of(dtype_of<A>)) + " " + number_name<Number> + " ";
    lines.insert("weak " + operands + dtype_text<product>());
    lines.insert("weak_divide " + operands + dtype_text<decltype(std::declval<vector<A>>() / std::declval<Number>())>());
  }
};

}  // namespace

TEST_CASE("promotion: the whole table of torch.result_type") {
  std::ifstream file(TESSERA_SOURCE_DIR "/tests/op/golden/promotion.txt");
  std::set<std::string> wanted;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') wanted.insert(line);
  REQUIRE(wanted.size() == 6 * 6 * 2 + 6 * 3 * 2 + 6 * 2);
  promotion_lines got;
  got.add_all<float, double, std::int32_t, std::int64_t, std::uint8_t, bool>();
  for (const std::string& line : got.lines) CHECK_MESSAGE(wanted.contains(line), "the library says: ", line);
  for (const std::string& line : wanted) CHECK_MESSAGE(got.lines.contains(line), "PyTorch says: ", line);
}

TEST_CASE("promotion: the category of a number counts, not its size") {
  static_assert(std::same_as<element_t<decltype(std::declval<vector<float>>() * 2.0)>, float>);
  static_assert(std::same_as<element_t<decltype(std::declval<vector<std::int32_t>>() + 2L)>, std::int32_t>);
  static_assert(std::same_as<element_t<decltype(std::declval<vector<std::uint8_t>>() + 2)>, std::uint8_t>);
  static_assert(std::same_as<element_t<decltype(clamp(std::declval<vector<std::int32_t>>(), 0, 1.5))>, float>);
  static_assert(std::same_as<element_t<decltype(where(std::declval<vector<double>>(), std::declval<vector<float>>(), 0))>, float>);
}

TEST_CASE("promotion: values of mixed operands") {
  const tensor<std::int32_t, shape<3>> i{1, 2, -3};
  const tensor<float, shape<3>> f{0.5f, 1.5f, 2.5f};
  const tensor<double, shape<3>> d{0.25, 0.5, 1.0};
  const tensor<std::uint8_t, shape<3>> u{std::uint8_t{250}, std::uint8_t{10}, std::uint8_t{1}};
  const tensor<bool, shape<3>> b{true, false, true};
  CHECK(numbers(tensor(i * f)) == std::vector<double>{0.5, 3, -7.5});
  CHECK(numbers(tensor(f + d)) == std::vector<double>{0.75, 2, 3.5});
  CHECK(numbers(tensor(u + i)) == std::vector<double>{251, 12, -2});
  CHECK(numbers(tensor(b + u)) == std::vector<double>{251, 10, 2});
  CHECK(numbers(tensor(b + b)) == std::vector<double>{1, 0, 1});
  CHECK(numbers(tensor(b * i)) == std::vector<double>{1, 0, -3});
  CHECK(numbers(tensor(i / u)) == std::vector<double>{static_cast<double>(1.f / 250.f), static_cast<double>(2.f / 10.f), -3});
  CHECK(sum(b).item() == 2);
  CHECK(sum(u).item() == 261);
}

}  // namespace tessera::tests
