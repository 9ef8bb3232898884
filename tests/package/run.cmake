# SPDX-License-Identifier: BSL-1.0
# Installs the library, or builds and runs the consumer in the way that ROAD names.

cmake_minimum_required(VERSION 3.22)

set(prefix "${WORK}/prefix")
set(build "${WORK}/${NAME}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ROAD}: this failed: ${ARGN}")
  endif()
endfunction()

if(ROAD STREQUAL "install")
  file(REMOVE_RECURSE "${prefix}")
  run("${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${prefix}")
  return()
endif()

file(REMOVE_RECURSE "${build}")
set(consumer "${CMAKE_CURRENT_LIST_DIR}/consumer")
if(ROAD STREQUAL "plain_compiler")
  file(MAKE_DIRECTORY "${build}")
  set(flags -DEXPECT_XSIMD=0 -DTESSERA_USE_XSIMD=0)
  if(XSIMD)
    set(flags -DEXPECT_XSIMD=1)
  endif()
  run("${COMPILER}" -std=c++20 ${flags} "-I${PROJECT_SOURCE_DIR}/include" "${consumer}/main.cpp" "${consumer}/second.cpp" -o "${build}/consumer")
  run("${build}/consumer")
  return()
endif()

set(arguments "-DROAD=${ROAD}" "-DXSIMD=${XSIMD}" "-DZLIB=${ZLIB}" "-DVERSION=${VERSION}" "-DTESSERA=${PROJECT_SOURCE_DIR}"
              "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_BUILD_TYPE=Debug)
if(LAUNCHER)
  list(APPEND arguments "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}")
endif()
if(HIDE_XSIMD)
  list(APPEND arguments -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON)
endif()
run("${CMAKE_COMMAND}" -S "${consumer}" -B "${build}" -G "${GENERATOR}" ${arguments})
run("${CMAKE_COMMAND}" --build "${build}")
run("${CMAKE_CTEST_COMMAND}" --test-dir "${build}" --output-on-failure --no-tests=error)
