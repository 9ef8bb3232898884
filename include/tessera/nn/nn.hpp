// SPDX-License-Identifier: BSL-1.0
#pragma once
// Modules, layers and losses.

#include <tessera/nn/layer/activation.hpp>
#include <tessera/nn/layer/conv2d.hpp>
#include <tessera/nn/layer/dropout.hpp>
#include <tessera/nn/layer/embedding.hpp>
#include <tessera/nn/layer/layer_norm.hpp>
#include <tessera/nn/layer/linear.hpp>
#include <tessera/nn/layer/lstm.hpp>
#include <tessera/nn/layer/pool2d.hpp>
#include <tessera/nn/layer/sequential.hpp>
#include <tessera/nn/loss/cross_entropy.hpp>
#include <tessera/nn/loss/elementwise.hpp>
#include <tessera/nn/summary.hpp>
