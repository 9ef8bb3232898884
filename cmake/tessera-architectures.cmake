# SPDX-License-Identifier: BSL-1.0
# tessera_architectures(target SOURCES kernel.cpp... ARCHITECTURES sse2 avx2 avx512): compiles the sources once for each instruction set
# into one program, which takes the best that the processor can run. The sources put what they offer into `namespace
# TESSERA_ARCHITECTURE`; <architectures.hpp>, which is made here, declares and chooses it:
#   TESSERA_IN_EACH_ARCHITECTURE(float predict(const float* x, int n))       // kernel.hpp
#   namespace TESSERA_ARCHITECTURE { float predict(...) {...} }             // kernel.cpp
#   static const auto predict = TESSERA_BEST_ARCHITECTURE(predict);        // main.cpp
#
# Different names for our kernels would not be enough: the inline functions of the standard library, of xsimd and of the sources
# themselves have one name whatever they were compiled for, and a linker keeps one of several: the caller that was compiled for SSE2 might
# get the body with AVX-512. So the objects of one instruction set are first linked into one, and every name that does not hold
# the architecture's is made local to it. Each has its own generators, memory pools and threads then: pass numbers and pointers, not
# tensors. (The alternative, a shared module for each, would leave a program of several files.)

function(tessera_architectures target)
  cmake_parse_arguments(PARSE_ARGV 1 of "" "" "SOURCES;ARCHITECTURES")
  if(NOT of_SOURCES OR NOT of_ARCHITECTURES OR of_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tessera_architectures(target SOURCES file... ARCHITECTURES sse2|avx2|avx512...)")
  endif()
  set(flags_sse2 -march=x86-64)
  set(flags_avx2 -march=x86-64-v3)
  set(flags_avx512 -march=x86-64-v4)
  set(runs_sse2 "true")
  set(runs_avx2 "__builtin_cpu_supports(\"x86-64-v3\")")
  set(runs_avx512 "__builtin_cpu_supports(\"x86-64-v4\")")
  foreach(architecture IN LISTS of_ARCHITECTURES)
    if(NOT DEFINED flags_${architecture})
      message(FATAL_ERROR "tessera_architectures(${target}): ${architecture} is none of sse2, avx2, avx512")
    endif()
  endforeach()
  if(NOT sse2 IN_LIST of_ARCHITECTURES)
    message(FATAL_ERROR "tessera_architectures(${target}): without sse2 there is nothing that every processor runs")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}_architectures")
  set(known ${of_ARCHITECTURES})
  set(separate TRUE)
  find_program(TESSERA_GNU_LD NAMES ld.bfd ld)  # lld cannot dissolve groups
  mark_as_advanced(TESSERA_GNU_LD)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" OR NOT CMAKE_OBJCOPY OR NOT TESSERA_GNU_LD)
    message(STATUS "tessera_architectures(${target}): only for x86-64 on Linux, with GNU ld and objcopy: the sources are compiled once, as the target is")
    set(known sse2)
    set(separate FALSE)
  endif()

  set(declarations "")
  set(choice "")
  foreach(architecture avx512 avx2 sse2)  # the best first
    if(architecture IN_LIST known)
      string(APPEND declarations " namespace tessera_${architecture} { __VA_ARGS__; }")
      if(architecture STREQUAL "sse2")
        string(APPEND choice "&tessera_sse2::name")
      else()
        string(APPEND choice "${runs_${architecture}} ? &tessera_${architecture}::name : ")
      endif()
    endif()
  endforeach()
  file(GENERATE OUTPUT "${folder}/architectures.hpp" CONTENT "#pragma once
// Made by tessera_architectures(${target}).
/// Declares a function in every architecture.
#define TESSERA_IN_EACH_ARCHITECTURE(...)${declarations}
/// A pointer to the best of them that this processor can run.
#define TESSERA_BEST_ARCHITECTURE(name) (${choice})
")
  target_include_directories(${target} PRIVATE "${folder}")

  foreach(architecture IN LISTS known)
    set(objects ${target}_${architecture})
    add_library(${objects} OBJECT ${of_SOURCES})
    target_compile_definitions(${objects} PRIVATE "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>" TESSERA_ARCHITECTURE=tessera_${architecture})
    target_include_directories(${objects} PRIVATE "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
    target_compile_options(${objects} PRIVATE "$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>")
    target_compile_features(${objects} PRIVATE cxx_std_20)
    if(separate)
      # A library of tessera_instantiated() has the target's instruction set, and is not for these.
      target_compile_options(${objects} PRIVATE ${flags_${architecture}} -UTESSERA_INSTANTIATED -fno-lto $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
      set(object "${folder}/${architecture}.o")
      # Groups are dissolved first: a linker drops all but one of those with one name, local or not. (___asan_: what a program has once.)
      add_custom_command(
        OUTPUT "${object}"
        COMMAND "${TESSERA_GNU_LD}" -r --force-group-allocation -o "${object}" "$<TARGET_OBJECTS:${objects}>"
        COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=*tessera_${architecture}*" "--keep-global-symbol=___asan_*" "${object}"
        DEPENDS "$<TARGET_OBJECTS:${objects}>"
        COMMAND_EXPAND_LISTS VERBATIM)
      set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
      target_sources(${target} PRIVATE "${object}")
    else()
      target_sources(${target} PRIVATE "$<TARGET_OBJECTS:${objects}>")
    endif()
  endforeach()
endfunction()
