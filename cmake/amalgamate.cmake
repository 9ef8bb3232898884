# SPDX-License-Identifier: BSL-1.0
# cmake -DINCLUDE=include -DVERSION=0.1.0 -DOUTPUT=tessera.hpp -P amalgamate.cmake
# Replaces every #include <tessera/...> by the text of that header, the first time it is met.

cmake_minimum_required(VERSION 3.22)

# Appends a header of the library to ${OUTPUT}.
function(append header)
  get_property(seen GLOBAL PROPERTY seen)
  if(header IN_LIST seen)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY seen "${header}")

  file(READ "${INCLUDE}/${header}" rest)
  string(PREPEND rest "\n")
  string(REGEX REPLACE "\n(// SPDX-License-Identifier:[^\n]*|#pragma once)" "" rest "${rest}")
  file(APPEND "${OUTPUT}" "\n// ---- ${header}")
  set(depth 0)
  while(rest MATCHES "\n[ \t]*#[ \t]*include[ \t]*<(tessera/[^>]+)>[^\n]*")
    set(included "${CMAKE_MATCH_1}")
    set(line "${CMAKE_MATCH_0}")
    string(FIND "${rest}" "${line}" at)
    string(LENGTH "${line}" length)
    string(SUBSTRING "${rest}" 0 ${at} before)
    math(EXPR after "${at} + ${length}")
    string(SUBSTRING "${rest}" ${after} -1 rest)
    file(APPEND "${OUTPUT}" "${before}")

    # A header met first under an #if would be missing where the condition fails.
    string(REGEX MATCHALL "\n[ \t]*#[ \t]*if" opened "${before}")
    string(REGEX MATCHALL "\n[ \t]*#[ \t]*endif" closed "${before}")
    list(LENGTH opened opened)
    list(LENGTH closed closed)
    math(EXPR depth "${depth} + ${opened} - ${closed}")
    get_property(seen GLOBAL PROPERTY seen)
    if(NOT depth EQUAL 0 AND NOT included IN_LIST seen)
      message(FATAL_ERROR "${header}: #include <${included}> stands under an #if: one header cannot hold both")
    endif()
    append("${included}")
  endwhile()
  file(APPEND "${OUTPUT}" "${rest}")
endfunction()

file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: BSL-1.0\n// tessera ${VERSION} as one header, generated from include/tessera.\n#ifndef TESSERA_SINGLE_HEADER\n#define TESSERA_SINGLE_HEADER\n")
append(tessera/tessera.hpp)
file(APPEND "${OUTPUT}" "\n#endif  // TESSERA_SINGLE_HEADER\n")
