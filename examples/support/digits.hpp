// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images of digits for the examples: MNIST from IDX files, or drawn ones of the same shape, so that every example runs
// anywhere.

#include <tessera/tensor/tensor.hpp>

#include <string>
#include <utility>

namespace digits {

namespace ts = tessera;

/// Images with values from 0 to 1, and which digit each shows.
struct samples {
  ts::tensor<float, ts::shape<ts::dyn, 784>> images;
  ts::tensor<std::int64_t, ts::shape<ts::dyn>> labels;
};

/// Digits drawn with random places, sizes, slants and strokes, under noise, and some with a segment missing. The same seed
/// draws the same digits.
samples drawn(ts::extent count, std::uint64_t seed);

/// Samples for training and for validation from a folder with MNIST's files; where only its 10,000 test images are there,
/// 8,000 of them train. Without a folder, drawn ones.
///   error  tessera::io_error naming the file
std::pair<samples, samples> load(const std::string& folder);

/// Brings pixels to mean 0 and variance 1, as MNIST's are on the whole.
void normalize(samples& s);

/// A normalised image as fourteen lines of text.
std::string draw(const float* image);

}  // namespace digits
