// SPDX-License-Identifier: BSL-1.0
#pragma once
// The exceptions. Every message names the operation, what it was given and what must hold.

#include <stdexcept>
#include <string>

namespace tessera {

/// The base of everything this library throws.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents that do not fit an operation.
struct shape_error : error {
  using error::error;
};

/// An index or an axis outside its range.
struct index_error : error {
  using error::error;
};

/// A value that an operation cannot accept: a probability of 2, a negative learning rate.
struct value_error : error {
  using error::error;
};

/// A use of the graph that has no meaning: a second backward(), a gradient that nothing recorded.
struct autograd_error : error {
  using error::error;
};

/// A file that is missing, truncated, malformed or not what was asked for. The message names the file.
struct io_error : error {
  using error::error;
};

/// A device that does not exist, is exhausted, or differs between operands.
struct device_error : error {
  using error::error;
};

}  // namespace tessera
