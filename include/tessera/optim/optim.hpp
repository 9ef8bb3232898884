// SPDX-License-Identifier: BSL-1.0
#pragma once
// Optimisers.

#include <tessera/optim/adam.hpp>
#include <tessera/optim/sgd.hpp>
