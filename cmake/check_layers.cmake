# SPDX-License-Identifier: BSL-1.0
# cmake -DINCLUDE=include/tessera -P check_layers.cmake
# Fails with file and line where a folder includes one that does not come before it in this list.

cmake_minimum_required(VERSION 3.22)

set(layers core numeric shape storage expr backend tensor op autograd io nn optim data)

file(GLOB_RECURSE headers RELATIVE "${INCLUDE}" "${INCLUDE}/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "no header in ${INCLUDE}")
endif()

# Appends "file:line: the line: why" to the errors.
function(report header text why)
  file(READ "${INCLUDE}/${header}" content)
  string(FIND "${content}" "${text}" at)
  string(SUBSTRING "${content}" 0 ${at} before)
  string(REGEX REPLACE "[^\n]" "" newlines "${before}")
  string(LENGTH "${newlines}" line)
  math(EXPR line "${line} + 1")
  set_property(GLOBAL APPEND_STRING PROPERTY errors "${header}:${line}: ${text}: ${why}\n")
endfunction()

foreach(header IN LISTS headers)
  if(NOT header MATCHES "^([^/]+)/")
    continue()  # an umbrella
  endif()
  set(folder "${CMAKE_MATCH_1}")
  list(FIND layers "${folder}" height)
  if(height EQUAL -1)
    set_property(GLOBAL APPEND_STRING PROPERTY errors "${header}:1: the folder ${folder} is not one of ${layers}\n")
    continue()
  endif()
  file(STRINGS "${INCLUDE}/${header}" lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "\"")
      report("${header}" "${line}" "write <tessera/...>")
    elseif(line MATCHES "<tessera/([^/>]+)/")
      list(FIND layers "${CMAKE_MATCH_1}" other)
      if(other EQUAL -1)
        report("${header}" "${line}" "the folder ${CMAKE_MATCH_1} is not one of ${layers}")
      elseif(other GREATER height)
        report("${header}" "${line}" "${folder} may not include ${CMAKE_MATCH_1}")
      endif()
    elseif(line MATCHES "<tessera/")
      report("${header}" "${line}" "an umbrella header is for programs only")
    endif()
  endforeach()
endforeach()

get_property(errors GLOBAL PROPERTY errors)
if(errors)
  message("${errors}")
  message(FATAL_ERROR "the check failed")
endif()
list(LENGTH headers count)
message("${count} headers keep to the layers")
