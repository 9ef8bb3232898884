// SPDX-License-Identifier: BSL-1.0
#pragma once
// The version, in one place; CMake parses these three lines.

#define TESSERA_VERSION_MAJOR 0
#define TESSERA_VERSION_MINOR 1
#define TESSERA_VERSION_PATCH 0

namespace tessera {

/// The library's version as text, for example "0.1.0".
#define TESSERA_STRINGIFY_(x) #x
#define TESSERA_STRINGIFY(x) TESSERA_STRINGIFY_(x)
inline constexpr const char* version =
    TESSERA_STRINGIFY(TESSERA_VERSION_MAJOR) "." TESSERA_STRINGIFY(TESSERA_VERSION_MINOR) "." TESSERA_STRINGIFY(TESSERA_VERSION_PATCH);
#undef TESSERA_STRINGIFY
#undef TESSERA_STRINGIFY_

}  // namespace tessera
