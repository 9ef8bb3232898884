# SPDX-License-Identifier: BSL-1.0
# Compares the layout of kernel arguments that PROGRAM prints with the one in the device code PTX.

execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE host COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS "${PTX}" line REGEX "layout_on_device\\[")
if(NOT line MATCHES "{([^}]*)}")
  message(FATAL_ERROR "${PTX} has no layout_on_device")
endif()
string(REPLACE ", " ";" bytes "${CMAKE_MATCH_1}")
set(device "")
while(bytes)  # eight bytes for each number, the least first; four are enough
  list(POP_FRONT bytes b0 b1 b2 b3 b4 b5 b6 b7)
  math(EXPR number "${b0} + (${b1} << 8) + (${b2} << 16) + (${b3} << 24)")
  string(APPEND device "${number} ")
endwhile()
if(NOT host STREQUAL device)
  message(FATAL_ERROR "kernel arguments differ in layout:\n  host   ${host}\n  device ${device}")
endif()
