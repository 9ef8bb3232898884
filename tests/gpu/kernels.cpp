// SPDX-License-Identifier: BSL-1.0
// The file of the program that is compiled for GPUs.
#include "shared.hpp"

float shared::value_and_gradient_there(tessera::device where) { return value_and_gradient(where); }
