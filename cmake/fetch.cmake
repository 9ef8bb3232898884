# SPDX-License-Identifier: BSL-1.0
# tessera_fetch(name version url sha256): downloads a release, checks it, and sets tessera_<name>_SOURCE_DIR. Nothing of it is configured.

include(FetchContent)
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW)
endif()

macro(tessera_fetch name version url sha256)
  message(STATUS "tessera: downloading ${name} ${version} from ${url}")
  FetchContent_Declare(tessera_${name} URL "${url}" URL_HASH SHA256=${sha256} SOURCE_SUBDIR is-not-configured)
  FetchContent_MakeAvailable(tessera_${name})
endmacro()
