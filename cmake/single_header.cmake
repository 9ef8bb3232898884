# SPDX-License-Identifier: BSL-1.0
# The target single_header: the whole library as <build>/single_include/tessera.hpp.

set(TESSERA_SINGLE_HEADER "${PROJECT_BINARY_DIR}/single_include/tessera.hpp")
file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/tessera/*.hpp")
add_custom_command(
  OUTPUT "${TESSERA_SINGLE_HEADER}"
  COMMAND "${CMAKE_COMMAND}" "-DINCLUDE=${PROJECT_SOURCE_DIR}/include" "-DVERSION=${PROJECT_VERSION}" "-DOUTPUT=${TESSERA_SINGLE_HEADER}"
          -P "${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake"
  DEPENDS ${headers} "${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake"
  VERBATIM)
if(TESSERA_INSTALL_SINGLE_HEADER)
  set(in_all ALL)
endif()
add_custom_target(tessera_single_header ${in_all} DEPENDS "${TESSERA_SINGLE_HEADER}")
