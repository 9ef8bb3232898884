# SPDX-License-Identifier: BSL-1.0
# What our own tests, examples and benchmarks are compiled with. None of it reaches a program that uses the library.

option(TESSERA_NATIVE "Compile tests, examples and benchmarks for the processor of this machine" ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TESSERA_CCACHE ccache)
  mark_as_advanced(TESSERA_CCACHE)
  if(TESSERA_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${TESSERA_CCACHE}")
  endif()
endif()
if(NOT TESSERA_NATIVE)
  message(STATUS "tessera: TESSERA_NATIVE is off")
  tessera_announce_native()
endif()

# Warnings are errors.
function(tessera_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /WX)
  else()
    # -Wuninitialized: g++ 12 reports its own AVX-512 intrinsics (GCC bug 105593).
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                           $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-uninitialized>)
  endif()
endfunction()

# The same for files that nvcc compiles; a host-only function called in device code is then an error and not an empty kernel.
function(tessera_cuda_warnings target)
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Werror all-warnings>")
endfunction()

# A program of this repository: with every component that is there.
function(tessera_own target)
  if(TARGET tessera::zlib)
    target_link_libraries(${target} PRIVATE tessera::zlib)
  else()
    target_link_libraries(${target} PRIVATE tessera::tessera)
  endif()
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  tessera_warnings(${target})
  if(TESSERA_NATIVE)
    tessera_native(${target})
  endif()
endfunction()
