# SPDX-License-Identifier: BSL-1.0
# tessera::cuda: tensors on GPUs. The build and the installed package both use this file.

# A program links tessera::cuda in all its files. Files that evaluate expressions on a GPU end in .cu: their project enables the
# language CUDA with tessera_enable_cuda(). Other files need no nvcc.
function(tessera_use_cuda target)
  target_link_libraries(${target} INTERFACE tessera::tessera CUDA::cudart_static)
  target_compile_definitions(${target} INTERFACE TESSERA_USE_CUDA=1)
  set(libraries "")
  if(TARGET CUDA::cublas)
    target_link_libraries(${target} INTERFACE CUDA::cublas)
    target_compile_definitions(${target} INTERFACE TESSERA_USE_CUBLAS=1)
    set(libraries ", cuBLAS")
  endif()
  if(NOT tessera_FIND_QUIETLY)
    message(STATUS "tessera: CUDA Toolkit ${CUDAToolkit_VERSION}${libraries}")
  endif()
endfunction()

# Enables the language CUDA with C++20, for the architectures in CMAKE_CUDA_ARCHITECTURES: those of this machine's toolkit for
# development unless the project says others. (CMake 3.25 has no C++20 for CUDA: it is given the compiler's option.)
macro(tessera_enable_cuda)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90-real 90-virtual)
  endif()
  set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_COMPILE_FEATURES cuda_std_20)
    list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
endmacro()
