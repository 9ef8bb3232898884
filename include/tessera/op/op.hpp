// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every operation.

#include <tessera/op/cast.hpp>
#include <tessera/op/elementwise/activation.hpp>
#include <tessera/op/elementwise/arithmetic.hpp>
#include <tessera/op/elementwise/comparison.hpp>
#include <tessera/op/elementwise/exponential.hpp>
#include <tessera/op/linalg/matmul.hpp>
#include <tessera/op/movement/concat.hpp>
#include <tessera/op/movement/embedding.hpp>
#include <tessera/op/movement/pad.hpp>
#include <tessera/op/movement/reorder.hpp>
#include <tessera/op/movement/reshape.hpp>
#include <tessera/op/movement/slice.hpp>
#include <tessera/op/movement/to.hpp>
#include <tessera/op/normalize/layer_norm.hpp>
#include <tessera/op/normalize/softmax.hpp>
#include <tessera/op/random/dropout.hpp>
#include <tessera/op/reduce/extremum.hpp>
#include <tessera/op/reduce/sum.hpp>
#include <tessera/op/reduce/variance.hpp>
#include <tessera/op/window/avg_pool2d.hpp>
#include <tessera/op/window/conv2d.hpp>
#include <tessera/op/window/max_pool2d.hpp>
#include <tessera/op/window/max_pool2d_with_indices.hpp>
