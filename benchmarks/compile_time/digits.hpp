// SPDX-License-Identifier: BSL-1.0
#pragma once
// The digits of the examples for programs that know nothing of tessera.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace digits {

/// Images of 784 pixels, row by row, normalised, and which digit each shows.
struct plain_samples {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
};

/// Samples for training and for validation from a folder with MNIST's files, or drawn ones where `folder` is empty.
std::pair<plain_samples, plain_samples> load_plain(const std::string& folder);

/// A normalised image as fourteen lines of text.
std::string draw(const float* image);

}  // namespace digits
