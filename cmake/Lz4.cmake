# LZ4, of Debian's liblz4-dev: its object file goes into libkevy, shared and static alike, so that
# whoever uses kevy needs no LZ4. KEVY_LZ4_OBJECT is where it is.
find_path(KEVY_LZ4_INCLUDE lz4.h)
find_library(KEVY_LZ4_ARCHIVE NAMES liblz4.a)
if(NOT KEVY_LZ4_INCLUDE OR NOT KEVY_LZ4_ARCHIVE)
  message(FATAL_ERROR "kevy needs LZ4 and its static library: install liblz4-dev (or run: make setup)")
endif()

set(lz4_dir ${CMAKE_CURRENT_BINARY_DIR}/lz4)
set(KEVY_LZ4_OBJECT ${lz4_dir}/lz4.o)
file(MAKE_DIRECTORY ${lz4_dir})
execute_process(COMMAND ${CMAKE_AR} x ${KEVY_LZ4_ARCHIVE} lz4.o WORKING_DIRECTORY ${lz4_dir}
                COMMAND_ERROR_IS_FATAL ANY)
