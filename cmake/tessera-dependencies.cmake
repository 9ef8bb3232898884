# SPDX-License-Identifier: BSL-1.0
# What tessera builds on. The build and the installed package both use this file, so that a program meets the same rules either way.

# Finds a package unless somebody has, and shows its target to the projects that include this one.
function(tessera_find_global package target)
  if(TARGET ${target})
    return()
  endif()
  find_package(${package} QUIET)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endfunction()

# The include directories and the version of xsimd 8.1 or newer; empty where there is none. Only the directories are taken:
# Debian 12's target links a library that does not exist. The version is compared here: xsimd's version file accepts one major only.
function(tessera_find_xsimd directories version)
  set(${directories} "" PARENT_SCOPE)
  set(${version} "" PARENT_SCOPE)
  set(imported TRUE)
  if(TARGET xsimd)
    get_target_property(imported xsimd IMPORTED)
  endif()
  if(imported)
    find_package(xsimd CONFIG QUIET)
    if(NOT xsimd_FOUND)
      return()
    elseif(xsimd_VERSION VERSION_LESS 8.1)
      message(STATUS "tessera: xsimd ${xsimd_VERSION} is too old, 8.1 or newer is needed")
      return()
    endif()
  else()
    set(xsimd_VERSION "of this project")
  endif()
  get_target_property(found xsimd INTERFACE_INCLUDE_DIRECTORIES)
  set(${directories} "${found}" PARENT_SCOPE)
  set(${version} "${xsimd_VERSION}" PARENT_SCOPE)
endfunction()

# BUILD_INTERFACE, because an installed package looks for xsimd itself.
function(tessera_use_xsimd target directories version)
  if(directories)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${directories}>")
    set(message "tessera: xsimd ${version}")
  else()
    target_compile_definitions(${target} INTERFACE "$<BUILD_INTERFACE:TESSERA_USE_XSIMD=0>")
    set(message "tessera: xsimd was not found: kernels are plain loops, four to eight times slower even on an old processor. Install it (Debian, Ubuntu: libxsimd-dev), or set TESSERA_FETCH_XSIMD=ON where tessera is part of the build")
  endif()
  if(NOT tessera_FIND_QUIETLY)
    message(STATUS "${message}")
  endif()
endfunction()

# tessera and zlib: .gz files can be read.
function(tessera_use_zlib target)
  target_link_libraries(${target} INTERFACE tessera::tessera ZLIB::ZLIB)
  target_compile_definitions(${target} INTERFACE TESSERA_USE_ZLIB=1)
endfunction()
