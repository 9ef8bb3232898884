// SPDX-License-Identifier: BSL-1.0
#pragma once
// tessera: tensors, gradients, networks, optimisers, data and files. One include for all of it; each folder has smaller ones.

#include <tessera/autograd/create_graph.hpp>
#include <tessera/autograd/functional.hpp>
#include <tessera/autograd/gpu_graph.hpp>
#include <tessera/autograd/gradcheck.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/backend/show_config.hpp>
#include <tessera/core/version.hpp>
#include <tessera/data/loader.hpp>
#include <tessera/data/progress.hpp>
#include <tessera/io/idx.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/op/op.hpp>
#include <tessera/optim/optim.hpp>
#include <tessera/tensor/array.hpp>
#include <tessera/tensor/closeness.hpp>
#include <tessera/tensor/create.hpp>
#include <tessera/tensor/draw.hpp>
#include <tessera/tensor/print.hpp>
