// SPDX-License-Identifier: BSL-1.0
// The layout that device code sees: check_layout.cmake reads it from the PTX of this file.
#include "layout.hpp"

using namespace layout;
extern "C" __device__ const unsigned long long layout_on_device[] = {
#include "layout.inc"
};
