# SPDX-License-Identifier: BSL-1.0
# cmake -DSOURCE=x.cpp -DCOMPILER=g++ -DCOMPILER_ID=GNU -DFLAGS=... -P compile_fail.cmake
# SOURCE must not compile. It begins with comments:
#   // expect: text                        on the first line of the output with "error:"; expect-gcc and expect-clang where they differ
#   // max_lines: 16                       of the whole output; max_lines-gcc and max_lines-clang likewise

cmake_minimum_required(VERSION 3.22)

if(COMPILER_ID STREQUAL "GNU")
  set(family gcc)
else()
  set(family clang)
endif()

function(fail why)
  message("${output}\n${SOURCE}: ${why}")  # not FATAL_ERROR, which breaks lines
  message(FATAL_ERROR "the check failed")
endfunction()

# "> >" and ">>" are one spelling, and so are the quotes.
function(normalise text)
  set(value "${${text}}")
  string(REGEX REPLACE "> +>" ">>" value "${value}")
  string(REGEX REPLACE "> +>" ">>" value "${value}")
  string(REGEX REPLACE "‘|’" "'" value "${value}")
  set(${text} "${value}" PARENT_SCOPE)
endfunction()

file(STRINGS "${SOURCE}" comments REGEX "^// [a-z_]+(-(gcc|clang))?:")
set(expectations)
set(max_lines 0)
foreach(comment IN LISTS comments)
  if(comment MATCHES "^// expect(-${family})?: *(.*[^ ]) *$")
    list(APPEND expectations "${CMAKE_MATCH_2}")
  elseif(comment MATCHES "^// max_lines(-${family})?: *([0-9]+) *$")
    if(CMAKE_MATCH_1 OR NOT max_lines)
      set(max_lines ${CMAKE_MATCH_2})
    endif()
  endif()
endforeach()
if(NOT expectations OR NOT max_lines)
  fail("the comments '// expect: ...' and '// max_lines: ...' are missing for ${family}")
endif()

set(ENV{LC_ALL} C)
separate_arguments(FLAGS UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -fdiagnostics-color=never ${FLAGS} "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  fail("it compiles, but must not")
endif()
string(REGEX REPLACE "[^\n]" "" newlines "${output}")
string(LENGTH "${newlines}" lines)
string(REGEX MATCH "[^\n]*error:[^\n]*" first "${output}")
normalise(first)
foreach(expectation IN LISTS expectations)
  normalise(expectation)
  string(FIND "${first}" "${expectation}" at)
  if(at EQUAL -1)
    fail("the first error is\n  ${first}\nand does not contain\n  ${expectation}")
  endif()
endforeach()
if(lines GREATER max_lines)
  fail("${lines} lines of errors, ${max_lines} are allowed")
endif()
message("${lines} lines (at most ${max_lines}): ${first}")
