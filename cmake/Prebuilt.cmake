# The library as it is in KEVY_PREBUILT, another build directory of this version: so what builds the
# library and both bindings compiles the engine once. Whoever sets it sees to it that what is there is
# new, and made for the same machines.
set(kevy_prebuilt_dir ${KEVY_PREBUILT}/capi)
add_library(kevy_shared SHARED IMPORTED GLOBAL)
set_target_properties(kevy_shared PROPERTIES
  IMPORTED_LOCATION ${kevy_prebuilt_dir}/libkevy.so.${PROJECT_VERSION}
  IMPORTED_SONAME libkevy.so.1)
add_library(kevy_static STATIC IMPORTED GLOBAL)
set_target_properties(kevy_static PROPERTIES
  IMPORTED_LOCATION ${kevy_prebuilt_dir}/libkevy.a
  INTERFACE_COMPILE_DEFINITIONS KEVY_STATIC
  INTERFACE_LINK_LIBRARIES Threads::Threads)
foreach(target kevy_shared kevy_static)
  target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/capi/include)
  get_target_property(file ${target} IMPORTED_LOCATION)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "KEVY_PREBUILT: there is no ${file}")
  endif()
endforeach()
