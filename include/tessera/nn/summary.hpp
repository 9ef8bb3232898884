// SPDX-License-Identifier: BSL-1.0
#pragma once
// A table of a model's parameters.

#include <tessera/nn/module.hpp>

#include <algorithm>

namespace tessera::nn {

namespace detail {
[[nodiscard]] TESSERA_COLD_ONCE std::string summary_of(const std::vector<named_parameter>& all) {
  std::size_t name = 9, shape = 5;
  for (const named_parameter& p : all) {
    name = std::max(name, p.name.size());
    shape = std::max(shape, to_string(p.shape()).size());
  }
  extent total = 0, trained = 0;
  std::string text;
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c) {
    text += a + std::string(name + 2 - a.size(), ' ') + b + std::string(shape + 2 - b.size(), ' ') + std::string(c.size() < 10 ? 10 - c.size() : 0, ' ') + c + '\n';
  };
  line("parameter", "shape", "elements");
  for (const named_parameter& p : all) {
    line(p.name, to_string(p.shape()), std::to_string(p.size()) + (p.leaf->requires_grad ? "" : " (frozen)"));
    total += p.size();
    trained += p.leaf->requires_grad ? p.size() : 0;
  }
  line("total", "", std::to_string(total));
  if (trained != total) line("trained", "", std::to_string(trained));
  return text;
}
}  // namespace detail

/// A table with the name, the shape and the number of elements of every parameter, and their sum.
template <class M>
[[nodiscard]] std::string summary(const M& model) {
  return detail::summary_of(parameters(model));
}

}  // namespace tessera::nn
