# SPDX-License-Identifier: BSL-1.0
# Headers, licence and the files that make find_package(tessera) work.

include(CMakePackageConfigHelpers)

set(package_directory "${CMAKE_INSTALL_DATADIR}/cmake/tessera")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/tessera" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(TARGETS tessera EXPORT tessera-targets)
install(EXPORT tessera-targets NAMESPACE tessera:: DESTINATION "${package_directory}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/tessera-config.cmake.in" "${PROJECT_BINARY_DIR}/package/tessera-config.cmake"
                              INSTALL_DESTINATION "${package_directory}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/tessera-config-version.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/package/tessera-config.cmake" "${PROJECT_BINARY_DIR}/package/tessera-config-version.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/tessera-dependencies.cmake" "${CMAKE_CURRENT_LIST_DIR}/tessera-native.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/tessera-precompile.cmake" "${CMAKE_CURRENT_LIST_DIR}/tessera-thrust.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/tessera-cuda.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/tessera-instantiated.cmake" "${CMAKE_CURRENT_LIST_DIR}/tessera-architectures.cmake"
        DESTINATION "${package_directory}")

if(TESSERA_INSTALL_SINGLE_HEADER)
  install(FILES "${TESSERA_SINGLE_HEADER}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
