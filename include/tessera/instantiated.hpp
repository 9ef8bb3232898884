// SPDX-License-Identifier: BSL-1.0
#pragma once
// All that a library of what no shape enters consists of: a unit that says `#define TESSERA_INSTANTIATED 2` and includes this holds
// the functions and the templates for float, one that says 3 the templates for double. CMake's tessera_instantiated() makes them.

#include <tessera/tessera.hpp>

#if TESSERA_INSTANTIATED == 2 || TESSERA_INSTANTIATED == 3
#undef TESSERA_INSTANTIATE_LISTED
#define TESSERA_INSTANTIATE_LISTED(T, ...) TESSERA_HERE_##T(__VA_ARGS__)
#include <tessera/autograd/instantiated.hpp>  // and with it op/instantiated.hpp
#endif
