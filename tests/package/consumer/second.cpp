// SPDX-License-Identifier: BSL-1.0
#include "consumer.hpp"

float gradient_in_second() { return gradient(); }
const void* generator_in_second() { return &tessera::default_generator(); }
