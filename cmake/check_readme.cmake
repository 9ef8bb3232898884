# SPDX-License-Identifier: BSL-1.0
# cmake -DREADME=README.md -DEXAMPLE=examples/00_hello.cpp -P check_readme.cmake
# The README's first program is the example, which is compiled and run.

cmake_minimum_required(VERSION 3.22)

file(READ "${README}" readme)
file(READ "${EXAMPLE}" example)
string(REPLACE "// SPDX-License-Identifier: BSL-1.0\n" "" example "${example}")
string(FIND "${readme}" "```cpp\n${example}```" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${README} does not hold ${EXAMPLE} as it is")
endif()
