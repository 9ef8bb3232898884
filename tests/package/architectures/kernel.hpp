// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <architectures.hpp>

#include <map>
#include <stdexcept>
#include <string>

/// What a kernel found: the lanes of its registers, a number to compare, and how a message of this library reads.
struct finding {
  int lanes;
  double number;
};

TESSERA_IN_EACH_ARCHITECTURE(finding look(const float* x, int n))
TESSERA_IN_EACH_ARCHITECTURE(void fail())

/// One name in every object: what the linker would merge.
inline std::map<std::string, int> shared_by_name(const float* x, int n) {
  std::map<std::string, int> counts;
  for (int i = 0; i < n; ++i) ++counts[std::to_string(static_cast<int>(x[i]))];
  return counts;
}
