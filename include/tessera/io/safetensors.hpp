// SPDX-License-Identifier: BSL-1.0
#pragma once
// The safetensors format: a JSON header with the place of each tensor, then the bytes.

#include <tessera/io/safetensors/read.hpp>
#include <tessera/io/safetensors/write.hpp>
