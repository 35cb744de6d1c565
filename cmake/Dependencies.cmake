# What the engine is made with, besides the compiler: xxHash's header and LZ4, of Debian's
# libxxhash-dev and liblz4-dev. Whoever uses libkevy needs neither: the object file of LZ4 goes into
# it, shared and static alike. KEVY_LZ4_OBJECT is where it is.
find_path(KEVY_XXHASH_INCLUDE xxhash.h)
find_path(KEVY_LZ4_INCLUDE lz4.h)
find_library(KEVY_LZ4_ARCHIVE NAMES liblz4.a)
if(NOT KEVY_XXHASH_INCLUDE OR NOT KEVY_LZ4_INCLUDE OR NOT KEVY_LZ4_ARCHIVE)
  message(FATAL_ERROR "kevy is built with xxHash and LZ4. Install libxxhash-dev and liblz4-dev, or "
                      "run: make setup")
endif()

set(lz4_dir ${CMAKE_CURRENT_BINARY_DIR}/lz4)
set(KEVY_LZ4_OBJECT ${lz4_dir}/lz4.o)
file(MAKE_DIRECTORY ${lz4_dir})
execute_process(COMMAND ${CMAKE_AR} x ${KEVY_LZ4_ARCHIVE} lz4.o WORKING_DIRECTORY ${lz4_dir}
                COMMAND_ERROR_IS_FATAL ANY)
