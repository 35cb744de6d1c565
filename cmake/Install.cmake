# What `cmake --install` puts where: libraries, header, a CMake package and a pkg-config file. All of
# it is found relative to itself, so that the prefix can be chosen, or moved, after the build.
include(CMakePackageConfigHelpers)

set(kevy_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kevy)
set(kevy_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS kevy_shared kevy_static EXPORT kevy-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${PROJECT_SOURCE_DIR}/capi/include/kevy.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

install(EXPORT kevy-targets NAMESPACE kevy:: DESTINATION ${kevy_package_dir} COMPONENT development)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/kevy-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/kevy-config.cmake
  INSTALL_DESTINATION ${kevy_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/kevy-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/kevy-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/kevy-config-version.cmake
  DESTINATION ${kevy_package_dir} COMPONENT development)

# How a kevy.pc in `kevy_pkgconfig_dir` writes the install directory `dir`.
function(kevy_pkgconfig_path dir result)
  if(IS_ABSOLUTE "${dir}")
    set(${result} "${dir}" PARENT_SCOPE)
  else()
    set(${result} "\${prefix}/${dir}" PARENT_SCOPE)
  endif()
endfunction()

if(IS_ABSOLUTE "${kevy_pkgconfig_dir}")
  set(kevy_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH kevy_pc_prefix "/${kevy_pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" kevy_pc_prefix "\${pcfiledir}/${kevy_pc_prefix}")
endif()
kevy_pkgconfig_path("${CMAKE_INSTALL_LIBDIR}" kevy_pc_libdir)
kevy_pkgconfig_path("${CMAKE_INSTALL_INCLUDEDIR}" kevy_pc_includedir)
configure_file(${PROJECT_SOURCE_DIR}/capi/kevy.pc.in ${CMAKE_CURRENT_BINARY_DIR}/kevy.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kevy.pc
  DESTINATION ${kevy_pkgconfig_dir} COMPONENT development)
