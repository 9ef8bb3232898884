// SPDX-License-Identifier: BSL-1.0
#pragma once
// PyTorch's numbers, kept in text files that support/golden.py writes, and the inputs that both sides make by one formula.

#include <tessera/tensor/tensor.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tessera::tests {

/// The interval that the elements of an operand lie in.
struct domain {
  double low = -2;
  double high = 2;
};

/// Element i of operand number k: exact in float where the bounds have few bits; never a bound or the middle, nor an element
/// of the next two operands; not repeated within 64 elements.
[[nodiscard]] inline double element_at(extent i, int k, domain d) {
  return d.low + (d.high - d.low) * (static_cast<double>((i * 37 + k * 23 + 5) % 64) + 0.25 + 0.25 * (k % 3)) / 64;
}

template <Element T, Shape S>
[[nodiscard]] tensor<T, S> operand_of(S shape, int k, domain d = {}) {
  auto x = tensor<T, S>::uninitialized(shape);
  for (extent i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<T>(element_at(i, k, d));
  return x;
}

/// A file of named lists of numbers, grouped in cases.
class golden_file {
 public:
  /// Reads tests/op/golden/<name>.
  explicit golden_file(const std::string& name) {
    const std::string path = std::string(TESSERA_SOURCE_DIR) + "/tests/op/golden/" + name;
    std::ifstream file(path);
    if (!file) throw std::runtime_error("no golden file " + path);
    std::string line, title;
    while (std::getline(file, line)) {
      if (line.starts_with("= ")) {
        title = line.substr(2);
      } else if (!line.empty() && line[0] != '#') {
        std::istringstream words(line);
        std::string list, number;
        words >> list;
        std::vector<double>& to = lists_[title + ": " + list];
        while (words >> number) to.push_back(std::strtod(number.c_str(), nullptr));
      }
    }
  }

  /// The numbers of a list.
  ///   error  runtime_error where the file has none of this name: run golden.py
  [[nodiscard]] const std::vector<double>& at(const std::string& title, const std::string& list) const {
    const auto found = lists_.find(title + ": " + list);
    if (found == lists_.end()) throw std::runtime_error("no golden numbers of " + title + ": " + list);
    return found->second;
  }

 private:
  std::map<std::string, std::vector<double>> lists_;
};

/// How far numbers of T may be from PyTorch's double: relative, with a floor for what is nearly 0.
template <class T>
inline constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-10;

[[nodiscard]] inline bool is_close(double x, double wanted, double tol) {
  if (std::isnan(wanted) || std::isinf(wanted)) return std::isnan(wanted) ? std::isnan(x) : x == wanted;
  return std::abs(x - wanted) <= tol * (std::abs(wanted) + 0.1);
}

/// Checks every element.
inline void check_numbers(const std::string& what, const std::vector<double>& got, const std::vector<double>& wanted, double tol) {
  INFO(what);
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("element ", i);
    if (is_close(got[i], wanted[i], tol)) continue;
    CHECK(got[i] == doctest::Approx(wanted[i]).epsilon(tol));
    FAIL_CHECK("beyond the tolerance");
  }
  CHECK(true);
}

/// The elements as doubles.
template <class X>
[[nodiscard]] std::vector<double> numbers(const X& x) {
  const auto span = x.span();
  std::vector<double> all;
  for (const auto value : span) all.push_back(static_cast<double>(value));
  return all;
}

}  // namespace tessera::tests
