// SPDX-License-Identifier: BSL-1.0
// The file of the program that is compiled for GPUs.
#include "kernels.cpp"
