# SPDX-License-Identifier: BSL-1.0
# tessera::thrust: the backends that run on Thrust's systems for processors. The build and the installed package both use this file.

# The directory with thrust/version.h, of the CUDA Toolkit or of a package of its own, and its version; empty where there is none.
function(tessera_find_thrust directory version)
  find_path(TESSERA_THRUST_DIRECTORY thrust/version.h HINTS ${CUDAToolkit_INCLUDE_DIRS} $ENV{CUDA_PATH}/include /usr/local/cuda/include PATH_SUFFIXES cccl
            DOC "The directory that holds thrust/version.h")
  mark_as_advanced(TESSERA_THRUST_DIRECTORY)
  set(${directory} "" PARENT_SCOPE)
  if(EXISTS "${TESSERA_THRUST_DIRECTORY}/thrust/version.h")
    file(STRINGS "${TESSERA_THRUST_DIRECTORY}/thrust/version.h" line REGEX "^#define THRUST_VERSION +[0-9]+")
    string(REGEX MATCH "[0-9]+" number "${line}")  # MMMmmmpp
    math(EXPR major "${number} / 100000")
    math(EXPR minor "${number} / 100 % 1000")
    set(${directory} "${TESSERA_THRUST_DIRECTORY}" PARENT_SCOPE)
    set(${version} "${major}.${minor}" PARENT_SCOPE)
  endif()
endfunction()

# OpenMP and Threading Building Blocks are used where they are installed.
function(tessera_use_thrust target directory version)
  target_link_libraries(${target} INTERFACE tessera::tessera)
  target_include_directories(${target} SYSTEM INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${directory}>")  # nvcc has its own
  target_compile_definitions(${target} INTERFACE TESSERA_USE_THRUST=1)
  set(systems "plain loops")
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(TARGET OpenMP::OpenMP_CXX)
    set_target_properties(OpenMP::OpenMP_CXX PROPERTIES IMPORTED_GLOBAL TRUE)
    target_link_libraries(${target} INTERFACE OpenMP::OpenMP_CXX)
    target_compile_definitions(${target} INTERFACE TESSERA_THRUST_OMP=1)
    string(APPEND systems ", OpenMP")
  endif()
  find_package(TBB CONFIG QUIET)
  if(TARGET TBB::tbb)
    set_target_properties(TBB::tbb PROPERTIES IMPORTED_GLOBAL TRUE)
    target_link_libraries(${target} INTERFACE TBB::tbb)
    target_compile_definitions(${target} INTERFACE TESSERA_THRUST_TBB=1)
    string(APPEND systems ", TBB")
  endif()
  if(NOT tessera_FIND_QUIETLY)
    message(STATUS "tessera: Thrust ${version} on ${systems}")
  endif()
endfunction()
